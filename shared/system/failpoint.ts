/**
 * Named points where a test pulls the plug: the process ends there with SIGKILL, as it would in a
 * power cut, or stops until it is let go on. In ordinary life no point is armed and each costs one comparison.
 */

let armed: string | undefined;
let passes = 1;

let signal: 'SIGKILL' | 'SIGSTOP' = 'SIGKILL';

/**
 * Arms one point, by name or `name:N` for the N-th pass. With `,stop` at the end the process only
 * stops there, so that the test can change the world (fill the disk) before it lets it go on.
 * Called by the main modules only.
 */
export function armFailpoint(spec: string | undefined): void {
  const [place = '', action] = (spec ?? '').split(',');
  const [name, pass] = place.split(':');
  armed = name || undefined;
  passes = Number(pass ?? 1);
  signal = action === 'stop' ? 'SIGSTOP' : 'SIGKILL';
}

/** Dies or stops here if a test asked for it. */
export function failpoint(name: string): void {
  if (name !== armed) return;
  passes -= 1;
  if (passes === 0) process.kill(process.pid, signal);
}
