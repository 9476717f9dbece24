/** Stands in for fastify's requests without a network, which only tests make. */
function unused(): never {
  throw new Error('inject() is not part of this build');
}

export = unused;
