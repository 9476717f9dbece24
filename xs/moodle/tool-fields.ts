/**
 * What an admin fills into Moodle's form "External tool configuration": its labels in English, as Moodle 4.5
 * to 5.2 have them, and our values. Moodle's other fields stay as they are.
 */
import type { Config } from '../config.ts';
import { parseAddress } from '../setting-values.ts';

export const MOODLE_LOGIN = '/ds-restore/moodle/login';
export const MOODLE_LAUNCH = '/ds-restore/moodle/launch';

export interface ToolField {
  /** As Moodle calls it. */
  label: string;
  value: string;
  /** One of a list to choose from, or left empty; any other is typed or pasted. */
  chosen?: true;
}

/**
 * Every field that matters, in the form's order. `port` is where the service listens, which may be one that
 * it was given.
 */
export function toolFields(config: Pick<Config, 'http'>, port: number | undefined): ToolField[] {
  const base = toolBase(config, port);
  return [
    { label: 'Tool name', value: 'Backup' },
    { label: 'Tool URL', value: base + MOODLE_LAUNCH },
    { label: 'LTI version', value: 'LTI 1.3', chosen: true },
    { label: 'Public key type', value: 'RSA key', chosen: true },
    // We sign nothing for Moodle and ask it for nothing, so there is no key to keep.
    { label: 'Public key', value: '(empty)', chosen: true },
    { label: 'Initiate login URL', value: base + MOODLE_LOGIN },
    { label: 'Redirection URI(s)', value: base + MOODLE_LAUNCH },
    {
      label: 'Tool configuration usage',
      value: 'Show in activity chooser and as a preconfigured tool',
      chosen: true,
    },
    { label: 'Default launch container', value: 'Existing window', chosen: true },
    { label: "Share launcher's name with tool", value: 'Always', chosen: true },
    { label: "Share launcher's email with tool", value: 'Never', chosen: true },
    { label: 'Accept grades from the tool', value: 'Never', chosen: true },
  ];
}

/**
 * Our own port, not one that a web server of the school forwards: what teachers write in Moodle may contain
 * scripts, and must not come from the same place as children's pages.
 */
function toolBase({ http }: Pick<Config, 'http'>, listening: number | undefined): string {
  const { host, port } = parseAddress(http.listen);
  const isInside = /^(127\.|::1$|localhost$)/.test(host);
  const own = isInside ? (http.publicPort ?? 80) : port || listening || 80;
  return `http://${http.name}${own === 80 ? '' : `:${own}`}`;
}
