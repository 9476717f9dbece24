/**
 * Stands in for what fastify compiles JSON schemas with, a sixth of the server's program: our routes have
 * none, since `valibot` reads what comes in. Whoever gives a route a schema is told so at the start.
 */
type Compiler = () => never;

function unused(): never {
  throw new Error('JSON schemas are not part of this build: read the request with valibot');
}

/** In place of both packages: a function that makes a maker of compilers. */
function selector(): () => Compiler {
  return () => unused;
}

export = selector;
