/**
 * Named points where a test pulls the plug: the process ends there with SIGKILL, as it would in a
 * power cut. In ordinary life no point is armed and each costs one comparison.
 */

let armed: string | undefined;
let passes = 1;

/** Arms one point, by name or `name:N` for the N-th pass. Called by the main modules only. */
export function armFailpoint(spec: string | undefined): void {
  const [name, pass] = (spec ?? '').split(':');
  armed = name || undefined;
  passes = Number(pass ?? 1);
}

/** Dies here if a test asked for it. */
export function failpoint(name: string): void {
  if (name !== armed) return;
  passes -= 1;
  if (passes === 0) process.kill(process.pid, 'SIGKILL');
}
