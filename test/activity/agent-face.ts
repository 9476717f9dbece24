/** The agent's interface as PROTOCOL.md lists it: names, what methods answer, empty properties. */
import { Variant } from 'dbus-next';

export const FACE = 'org.sugarlabs.Backup1';
export const JOB_FACE = 'org.sugarlabs.Backup1.Job';

/** Method → the signature of its answer. */
export const METHODS: Readonly<Record<string, string>> = {
  BackUpNow: 'o',
  Pause: '',
  Resume: '',
  Cancel: '',
  Retry: 'o',
  ListLaptops: 'aa{sv}',
  ListDays: 'aa{sv}',
  ListEntries: 'uaa{sv}',
  GetPreview: 'ay',
  GetDetails: 'a{sv}',
  PlanRestore: 'a{sv}',
  RestoreAll: 'o',
  RestoreEntry: 'o',
  ForgetRestore: '',
  ListPins: 'aa{sv}tt',
  Pin: 's',
  Unpin: 's',
  KeepAtSchool: 'o',
  FetchBack: 'o',
  ListAtSchool: 'aa{sv}',
  WebLink: 's',
};

/** Every property of the agent, with nothing in it. */
export function PROPERTIES(): Record<string, Variant> {
  const names = (signature: string, value: unknown, ...all: string[]) =>
    Object.fromEntries(all.map((name) => [name, new Variant(signature, value)]));
  return {
    ...names('u', 0, 'EntriesDone', 'EntriesTotal', 'QueuePlace', 'SafeEntries', 'TotalEntries'),
    ...names('t', 0n, 'BytesDone', 'BytesTotal', 'PinnedBytes', 'PinLimit'),
    ...names('x', 0n, 'LastBackup', 'NextBackup', 'QueuedUntil'),
    ...names('s', '', 'State', 'Phase', 'CurrentEntry', 'CurrentTitle', 'LastSnapshot'),
    ...names('s', '', 'Registration', 'PairingCode', 'Serial', 'Server', 'Held'),
    ...names('as', [], 'Reasons'),
    ...names('ao', [], 'Jobs'),
    Version: new Variant('u', 1),
    TimeLeft: new Variant('(uu)', [0, 0]),
    Unfinished: new Variant('a(ssuu)', []),
    Problem: new Variant('(sss)', ['', '', '']),
  };
}
