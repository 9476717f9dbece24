/** The least a server of this kind can do: Fastify that answers with an empty 200. */
import fastify from 'fastify';

const app = fastify();
app.get('/backup/1/available/:serial', async (_request, reply) => {
  await reply.type('text/plain').status(200).send('');
});
await app.listen({ host: '127.0.0.1', port: 0 });
const address = app.server.address();
process.stdout.write(`port=${typeof address === 'object' ? address?.port : ''}\n`);
