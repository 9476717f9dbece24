/** Counts how much was done between two turns of the event loop: what holds it, whatever the machine's speed. */
export interface Steps extends Disposable {
  /** To be called for each piece of the work. */
  step: () => void;
  readonly all: number;
  /** In one turn. */
  readonly most: number;
}

/** Until disposed. */
export function countSteps(): Steps {
  let [all, inTurn, most] = [0, 0, 0];
  const turn = () => {
    inTurn = 0;
    next = setImmediate(turn);
  };
  let next = setImmediate(turn);
  return {
    step: () => {
      all += 1;
      inTurn += 1;
      most = Math.max(most, inTurn);
    },
    get all() {
      return all;
    },
    get most() {
      return most;
    },
    [Symbol.dispose]: () => clearImmediate(next),
  };
}
