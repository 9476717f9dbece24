/**
 * Terminal stories: what is typed wrongly, what is told, and the exit code. The school has Jocinta
 * (CSN74803BB1, two snapshots), Ana twice, Anabel, José Luis, and one who calls herself CSN74803BB1.
 */
export const STORIES = `
$ xs-backup
error: a command is needed [usage]
hint: "xs-backup help" lists the commands
(2)

$ xs-backup frob
error: unknown command 'frob' [usage]
hint: Did you mean drop?
(2)

$ xs-backup statsu
error: unknown command 'statsu' [usage]
hint: Did you mean status?
(2)

$ xs-backup Status
error: unknown command 'Status' [usage]
hint: Did you mean status?
(2)

$ xs-backup aprove Jocinta 047111
error: unknown command 'aprove' [usage]
hint: Did you mean approve?
(2)

$ xs-backup snapshot Jocinta
error: unknown command 'snapshot' [usage]
hint: Did you mean snapshots?
(2)

$ xs-backup help frob
error: unknown command 'frob' [usage]
hint: "xs-backup help" lists the commands
(2)

$ xs-backup help snapshot
error: unknown command 'snapshot' [usage]
hint: Did you mean snapshots?
(2)

$ xs-backup version
error: unknown command 'version' [usage]
hint: "xs-backup --version" prints it
(2)

$ xs-backup approve 047 111
error: whose laptop shows these digits? [usage]
hint: type its name before them: "xs-backup approve LAPTOP 047 111"
(2)

$ xs-backup approve Jocinta abcdef
error: CODE is six digits, as in 047 111 [usage]
hint: "xs-backup help approve" shows how it is called
(2)

$ xs-backup pins "Jocinta de los Ángeles"
error: no laptop Jocinta de los Ángeles is registered here [not-registered]
hint: did you mean Jocinta? "xs-backup laptops" lists them
(1)

$ xs-backup pins Jcointa
error: no laptop Jcointa is registered here [not-registered]
hint: did you mean Jocinta? "xs-backup laptops" lists them
(1)

$ xs-backup unpin "jose luis" latest
error: TST00000004 has no pinned snapshot yet [not-found]
hint: "xs-backup pins TST00000004" lists them; "latest" is the newest
(1)

$ xs-backup drop Jocinta
error: nothing of CSN74803BB1 (Jocinta) is held aside [not-found]
hint: "xs-backup held" lists what is
(1)

$ xs-backup --bogus
error: unknown option '--bogus' [usage]
hint: "xs-backup help" lists the commands
(2)

$ xs-backup -x
error: unknown option '-x' [usage]
hint: "xs-backup help" lists the commands
(2)

$ xs-backup --config
error: option '--config <FILE>' argument missing [usage]
hint: "xs-backup help" lists the commands
(2)

$ xs-backup status now
error: too many arguments for 'status'. Expected 0 arguments but got 1. [usage]
hint: "xs-backup help status" shows how it is called
(2)

$ xs-backup status --listen 127.0.0.1:0
error: unknown option '--listen' [usage]
hint: "xs-backup help status" shows how it is called
(2)

$ xs-backup laptops Jocinta
error: too many arguments for 'laptops'. Expected 0 arguments but got 1. [usage]
hint: "xs-backup help laptops" shows how it is called
(2)

$ xs-backup laptops --unsued
error: unknown option '--unsued' [usage]
hint: Did you mean --unused?
(2)

$ xs-backup approve
error: missing required argument 'LAPTOP' [usage]
hint: "xs-backup help approve" shows how it is called
(2)

$ xs-backup approve Jocinta 047111 --dry-run
error: --dry-run belongs to --all-known-original [usage]
hint: "xs-backup help approve" shows how it is called
(2)

$ xs-backup approve Jocinta --all-known-original
error: --all-known-original names no laptop and no key [usage]
hint: "xs-backup help approve" shows how it is called
(2)

$ xs-backup approve Jocinta
error: type the six digits that the laptop shows: "xs-backup approve LAPTOP CODE" [usage]
hint: or give --key FINGERPRINT, after "ssh-keygen -lf ~/.sugar/default/ds-backup/key.pub" on the laptop
(2)

$ xs-backup approve Jocinta 0471
error: CODE is six digits, as in 047 111 [usage]
hint: "xs-backup help approve" shows how it is called
(2)

$ xs-backup approve Jocinta 047111 --key SHA256:x
error: type the six digits that the laptop shows: "xs-backup approve LAPTOP CODE" [usage]
hint: or give --key FINGERPRINT, after "ssh-keygen -lf ~/.sugar/default/ds-backup/key.pub" on the laptop
(2)

$ xs-backup approve Jocinta --kind
error: option '--kind <KIND>' argument missing [usage]
hint: "xs-backup help approve" shows how it is called
(2)

$ xs-backup approve Jocinta --kind other
error: option '--kind <KIND>' argument 'other' is invalid. Allowed choices are own, sugar. [usage]
hint: "xs-backup help approve" shows how it is called
(2)

$ xs-backup approve Jocinta 047111
error: no key of CSN74803BB1 has the code 047111 [not-found]
hint: type what the laptop shows now. If it shows these digits, somebody stands between it and this server: approve nothing, and find out who
(1)

$ xs-backup approve Nobody 047111
error: no laptop Nobody is registered here [not-registered]
hint: "xs-backup laptops" lists them
(1)

$ xs-backup approve "" 047111
error: a laptop is needed: its serial number, its nick, or the beginning of one [usage]
hint: "xs-backup laptops" lists them
(2)

$ xs-backup reject
error: missing required argument 'LAPTOP' [usage]
hint: "xs-backup help reject" shows how it is called
(2)

$ xs-backup reject Jocinta
error: a fingerprint is needed: "xs-backup laptops" lists them [usage]
hint: "xs-backup help reject" shows how it is called
(2)

$ xs-backup reject Jocinta SHA256:x
error: no such key of CSN74803BB1 is pending [not-found]
(1)

$ xs-backup register-window
error: missing required argument 'MINUTES' [usage]
hint: "xs-backup help register-window" shows how it is called
(2)

$ xs-backup register-window soon
error: MINUTES must be a whole number from 0 to 1440 [usage]
hint: "xs-backup help register-window" shows how it is called
(2)

$ xs-backup register-window -5
error: MINUTES must be a whole number from 0 to 1440 [usage]
hint: "xs-backup help register-window" shows how it is called
(2)

$ xs-backup register-window 5 6
error: too many arguments for 'register-window'. Expected 1 argument but got 2. [usage]
hint: "xs-backup help register-window" shows how it is called
(2)

$ xs-backup retire Ana
error: "Ana" may be any of 2 laptops [usage]
hint: give the serial number: TST00000001 Ana, TST00000002 Ana
(2)

$ xs-backup retire An
error: "An" may be any of 3 laptops [usage]
hint: give the serial number: TST00000001 Ana, TST00000002 Ana, TST00000003 Anabel
(2)

$ xs-backup retire Jocinta Anabel
error: too many arguments for 'retire'. Expected 1 argument but got 2. [usage]
hint: "xs-backup help retire" shows how it is called
(2)

$ xs-backup retire Jocnita
error: no laptop Jocnita is registered here [not-registered]
hint: did you mean Jocinta? "xs-backup laptops" lists them
(1)

$ xs-backup retire TST0000000
error: "TST0000000" may be any of 5 laptops [usage]
hint: give the serial number: TST00000001 Ana, TST00000002 Ana, TST00000003 Anabel, TST00000004 José Luis, TST00000005 CSN74803BB1
(2)

$ xs-backup retire TST00000009
error: no laptop TST00000009 is registered here [not-registered]
hint: did you mean TST00000001? "xs-backup laptops" lists them
(1)

$ xs-backup retire csn74803bb2
error: no laptop CSN74803BB2 is registered here [not-registered]
hint: did you mean CSN74803BB1? "xs-backup laptops" lists them
(1)

$ xs-backup retire CSN74803BB1X
error: no laptop CSN74803BB1X is registered here [not-registered]
hint: did you mean CSN74803BB1? "xs-backup laptops" lists them
(1)

$ xs-backup forget Jocinta
error: CSN74803BB1 has backups here; they are not forgotten [bad-input]
hint: "xs-backup retire CSN74803BB1" takes it out of use and keeps them; if it was made up, "xs-backup forget CSN74803BB1 --with-backups"
(1)

$ xs-backup alias Anabel
error: missing required argument 'OLD' [usage]
hint: "xs-backup help alias" shows how it is called
(2)

$ xs-backup alias Anabel Anabel
error: TST00000003 cannot replace itself [bad-input]
(1)

$ xs-backup alias Anabel Nobody
error: no laptop Nobody is registered here [not-registered]
hint: "xs-backup laptops" lists them
(1)

$ xs-backup unalias Anabel
error: TST00000003 does not replace another laptop [not-found]
(1)

$ xs-backup audit Nobody
error: no laptop Nobody is registered here [not-registered]
hint: "xs-backup laptops" lists them
(1)

$ xs-backup snapshots
error: missing required argument 'LAPTOP' [usage]
hint: "xs-backup help snapshots" shows how it is called
(2)

$ xs-backup snapshots Joc Ana
error: too many arguments for 'snapshots'. Expected 1 argument but got 2. [usage]
hint: "xs-backup help snapshots" shows how it is called
(2)

$ xs-backup sums Jocinta
error: missing required argument 'SNAPSHOT' [usage]
hint: "xs-backup help sums" shows how it is called
(2)

$ xs-backup sums Jocinta newest
error: "newest" is not the name of a snapshot [usage]
hint: "xs-backup snapshots CSN74803BB1" lists them; "latest" is the newest
(2)

$ xs-backup sums Jocinta 2026-11-22
error: "2026-11-22" may be any of 2 snapshots [usage]
hint: give the whole name: datastore-2026-11-22_14:10 (LOCAL), datastore-2026-11-22_14:05 (LOCAL)
(2)

$ xs-backup sums Jocinta datastore-2026-11-22_99:99
error: CSN74803BB1 has no snapshot datastore-2026-11-22_99:99 [not-found]
hint: "xs-backup snapshots CSN74803BB1" lists them; "latest" is the newest
(1)

$ xs-backup sums Anabel latest
error: TST00000003 has no snapshot yet [not-found]
hint: "xs-backup snapshots TST00000003" lists them; "latest" is the newest
(1)

$ xs-backup pin Jocinta latest 17
error: "17" is no entry of datastore-2026-11-22_14:10 [usage]
hint: give its title, or its uid: "two" 00000000-0000-4000-8000-000000000001
(2)

$ xs-backup pin Jocinta latest 00000000-0000-4000-8000-000000000099
error: datastore-2026-11-22_14:10 holds no entry 00000000-0000-4000-8000-000000000099 [not-found]
(1)

$ xs-backup unpin Jocinta latest
error: CSN74803BB1 has no pinned snapshot yet [not-found]
hint: "xs-backup pins CSN74803BB1" lists them; "latest" is the newest
(1)

$ xs-backup unpin Jocinta 00000000-0000-4000-8000-000000000099
error: CSN74803BB1 has no such pin of 00000000-0000-4000-8000-000000000099 [not-found]
(1)

$ xs-backup teacher
error: missing required argument 'list|add|role|remove|confirm' [usage]
hint: "xs-backup help teacher" shows how it is called
(2)

$ xs-backup teacher add
error: the arguments are "list", "add NAME [ROLE]", "role NAME ROLE", "remove NAME" or "confirm NAME" [usage]
hint: "xs-backup help teacher" shows how it is called
(2)

$ xs-backup teacher del Rosa
error: the arguments are "list", "add NAME [ROLE]", "role NAME ROLE", "remove NAME" or "confirm NAME" [usage]
hint: "xs-backup help teacher" shows how it is called
(2)

$ xs-backup teacher remove Rosa
error: there is no teacher "Rosa" [not-found]
hint: "xs-backup teacher list" shows them
(1)

$ xs-backup teacher add Rosa
error: a password has between 10 and 200 characters, this one 0 [bad-input]
hint: four unrelated words are easy to remember
(1)

$ xs-backup cleanup --dry-rum
error: unknown option '--dry-rum' [usage]
hint: Did you mean --dry-run?
(2)

$ xs-backup undelete Jocinta datastore-2026-11-22_14:05
error: the trash of CSN74803BB1 has no datastore-2026-11-22_14:05 [not-found]
hint: "xs-backup trash CSN74803BB1" lists its contents
(1)

$ xs-backup export Jocinta latest
error: missing required argument 'DIR' [usage]
hint: "xs-backup help export" shows how it is called
(2)

$ xs-backup export Jocinta yesterday /tmp/x
error: "yesterday" is not the name of a snapshot [usage]
hint: "xs-backup snapshots CSN74803BB1" lists them; "latest" is the newest
(2)

$ xs-backup export Anabel latest /tmp/x
error: TST00000003 has no snapshot yet [not-found]
hint: "xs-backup snapshots TST00000003" lists them; "latest" is the newest
(1)

$ xs-backup export Jocinta latest /dev/null/x
error: cannot write /dev/null/x: ENOTDIR: not a directory, lstat '/dev/null/x' [bad-input]
hint: give a folder that does not exist yet
(1)

$ xs-backup server-key
error: this server has no key yet [not-found]
hint: the first "xs-backup serve" makes it
(1)
`;
