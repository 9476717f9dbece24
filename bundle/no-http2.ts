/**
 * Stands in for got's HTTP/2, which none of our programs uses: loading the real one sets up TLS and
 * costs a laptop a tenth of a day without changes (measured: 45 of 450 ms).
 */

function unused(): never {
  throw new Error('HTTP/2 is not part of this build');
}

export default { auto: unused };
