/**
 * Named points at which a test can cut the power: the process ends there by SIGKILL, or stops until
 * it gets SIGCONT. In production no point is armed, and each costs one comparison.
 */

let armed: string | undefined;
let passes = 1;

let signal: 'SIGKILL' | 'SIGSTOP' = 'SIGKILL';

/**
 * Arms one point: `name`, or `name:N` for its N-th pass. With `,stop` appended the process only
 * stops there, so that the test can change something (fill the disk) before it continues.
 * Called by the main modules only.
 */
export function armFailpoint(spec: string | undefined): void {
  const [place = '', action] = (spec ?? '').split(',');
  const [name, pass] = place.split(':');
  armed = name || undefined;
  passes = Number(pass ?? 1);
  signal = action === 'stop' ? 'SIGSTOP' : 'SIGKILL';
}

/** Ends or stops the process here if a test has armed this point. */
export function failpoint(name: string): void {
  if (name !== armed) return;
  passes -= 1;
  if (passes === 0) process.kill(process.pid, signal);
}
