/**
 * What the Debian packages are: names, dependencies, and the files that each is made of. For Debian 13 and
 * Raspberry Pi OS 13; for Debian 12, whose Node.js is too old, with the package that brings one.
 */
import { NODE_VERSION } from './node.ts';

export interface Package {
  name: string;
  /** With Debian's revision. */
  version: string;
  /** Debian's word for the machine, or `all`. */
  architecture: string;
  section: string;
  depends: readonly string[];
  recommends?: readonly string[];
  /** Those of them that a stick brings along. */
  onStick?: readonly string[];
  /** The first line is the short description; further paragraphs follow. */
  description: readonly string[];
  /** Maintainer scripts beside this file, by the name that dpkg gives them. */
  scripts: Readonly<Record<string, string>>;
  /** Files below /etc that an admin may change. */
  conffiles: readonly string[];
}

/** Sugar's developers' list: where a school's or a distribution's question finds somebody. */
export const MAINTAINER = 'Sugar Labs <sugar-devel@lists.sugarlabs.org>';

/** sqlite3's module speaks N-API and runs on any of them; our own code is compiled for Node.js 20. */
const NODE = 'nodejs (>= 20.17) | ds-backup-node';
/** What a native module built on Debian 12 is linked with. */
const NATIVE = ['libc6 (>= 2.34)', 'libstdc++6 (>= 11)', 'libgcc-s1'];

/**
 * `machine`: Debian's name of the architecture that the native modules were built on; `release`: the version of
 * the programs.
 */
// long: a table of data
export function packages(machine: string, release: string): readonly Package[] {
  const version = `${release}-1`;
  return [
    {
      name: 'xs-backup',
      version,
      architecture: machine,
      section: 'admin',
      depends: [
        NODE,
        'openssh-server',
        'bubblewrap',
        'rsync',
        'socat',
        'openssl',
        'libnss-wrapper',
        'adduser',
        ...NATIVE,
      ],
      recommends: ['restic'], // for a second copy elsewhere
      onStick: ['restic'],
      description: [
        'backup server for the Journals of Sugar laptops',
        'Keeps the Journals of a school of Sugar laptops: each laptop sends what changed once a day, and a child or a teacher brings back what was lost.',
        'It needs no internet, no configuration and no rights of root. Its own sshd listens at port 2222 beside the one of the machine, which is left as it is.',
      ],
      scripts: {
        preinst: 'xs-backup.preinst',
        postinst: 'xs-backup.postinst',
        prerm: 'xs-backup.prerm',
        postrm: 'xs-backup.postrm',
      },
      conffiles: [],
    },
    {
      name: 'ds-backup-agent',
      version,
      architecture: machine,
      section: 'utils',
      depends: [NODE, 'rsync', 'openssh-client', 'libglib2.0-bin', 'dbus', ...NATIVE],
      // sshfs shows a day in the Journal.
      recommends: ['network-manager', 'upower', 'sshfs'],
      onStick: ['sshfs'],
      description: [
        'daily backup of a Sugar Journal to the school server',
        'Sends what changed in the Journal to the school server once a day, when the server is near and the battery is not low, and brings back what was lost.',
        'Nothing has to be set up: the agent is started by the session and finds the server by the name with which Sugar registered.',
      ],
      scripts: { postinst: 'ds-backup-agent.postinst', postrm: 'ds-backup-agent.postrm' },
      conffiles: [
        '/etc/NetworkManager/dispatcher.d/90-ds-backup',
        '/etc/X11/Xsession.d/98ds-backup',
      ],
    },
    {
      name: 'sugar-activity-backup',
      version,
      architecture: machine,
      section: 'education',
      // node-gtk's module is bound to one Node ABI: the one that it was built for.
      depends: [
        `ds-backup-agent (= ${version})`,
        NODE,
        `libnode${process.versions.modules} | ds-backup-node`,
        'libgtk-3-0t64 | libgtk-3-0',
        'libgirepository-1.0-1',
        'gir1.2-gtk-3.0',
        'gir1.2-sugarext-1.0',
        ...NATIVE,
      ],
      recommends: ['sucrose'],
      description: [
        'Sugar activity that shows a child her backup',
        'Shows how much of the Journal is safe at school, what the school keeps, and brings back one thing or all of them: by pictures, for children who do not read yet.',
      ],
      scripts: {},
      conffiles: [],
    },
    {
      name: 'ds-backup-node',
      version: NODE_VERSION,
      architecture: machine,
      section: 'javascript',
      depends: ['libc6 (>= 2.28)', 'libstdc++6 (>= 8)', 'libgcc-s1'],
      description: [
        'Node.js for the backup of Sugar Journals, where that of the system is too old',
        'Debian 12 has Node.js 18; xs-backup and ds-backup-agent need 20. This is one for these two programs. It is not on the PATH, and the nodejs of the system stays as it is.',
        'Systems with a newer nodejs do not need it.',
      ],
      scripts: {},
      conffiles: [],
    },
  ];
}

/** The control file of one package; `installedKiB` as dpkg counts it. */
export function controlFile(it: Package, installedKiB: number): string {
  const [short = '', ...paragraphs] = it.description;
  const lines = [
    `Package: ${it.name}`,
    `Version: ${it.version}`,
    `Architecture: ${it.architecture}`,
    `Maintainer: ${MAINTAINER}`,
    `Installed-Size: ${installedKiB}`,
    `Depends: ${it.depends.join(', ')}`,
    ...(it.recommends ? [`Recommends: ${it.recommends.join(', ')}`] : []),
    `Section: ${it.section}`,
    'Priority: optional',
    `Description: ${short}`,
    ...paragraphs.flatMap((text, index) => [
      ...(index > 0 ? [' .'] : []),
      ...wrap(text).map((line) => ` ${line}`),
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

/** Lines of at most 78 characters, as Debian's policy asks for. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line && line.length + 1 + word.length > 78) {
      lines.push(line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  return [...lines, line];
}
