import { PassThrough } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DayTree } from '../../../agent/volume/day-tree.ts';
import { PACKET, PacketReader, PacketStream, STATUS } from '../../../agent/volume/sftp-packets.ts';
import { SftpServer } from '../../../agent/volume/sftp-server.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import { uidOf } from '../journal/journal.ts';

const test = suite('the read-only SFTP server');

const TEXT = Buffer.from('all of the content');

function uint32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [n, value] of values.entries()) bytes.writeUInt32BE(value, 4 * n);
  return bytes;
}

const text = (value: string) =>
  Buffer.concat([uint32(Buffer.byteLength(value)), Buffer.from(value)]);
const at = (offset: number, length: number) => uint32(0, offset, length);

/** A client of a server that has one entry, whose content comes, or not, when `arrive` is called. */
function connect() {
  const tree = new DayTree();
  const metadata = Buffer.from('{"title":"a"}');
  tree.add({
    ...{ uid: uidOf(0), title: 'a', mimeType: 'text/plain', mtime: 1000, metadata },
    ...{ content: { digest: digestOf(TEXT), size: TEXT.length }, preview: undefined },
  });
  const [input, output] = [new PassThrough(), new PassThrough()];
  let arrive: (failure?: Error) => void = () => {};
  const come = new Promise<void>((resolve, reject) => {
    arrive = (failure) => (failure ? reject(failure) : resolve());
  });
  const open = { count: 0 };
  const openContent = async () => {
    await come;
    open.count += 1;
    return {
      read: (offset: number, length: number) => TEXT.subarray(offset, offset + length),
      close: () => {
        open.count -= 1;
      },
    };
  };
  new SftpServer({ input, output, tree, openContent, onRequest: () => {} });
  const packets = new PacketStream();
  const answers: Buffer[] = [];
  const waiting: (() => void)[] = [];
  output.on('data', (bytes: Buffer) => {
    answers.push(...packets.add(bytes));
    for (const go of waiting.splice(0)) go();
  });
  let id = 0;
  const send = (type: number, ...parts: Buffer[]) => {
    id += 1;
    const body = Buffer.concat([Buffer.of(type), uint32(id), ...parts]);
    input.write(Buffer.concat([uint32(body.length), body]));
  };
  const next = async (): Promise<PacketReader> => {
    while (answers.length === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    const answer = new PacketReader(answers.shift() as Buffer);
    if (answer.type !== PACKET.version) answer.uint32();
    return answer;
  };
  const ask = (type: number, ...parts: Buffer[]) => {
    send(type, ...parts);
    return next();
  };
  return { ask, send, next, arrive, open, input };
}

type Client = ReturnType<typeof connect>;

async function statusOf(client: Client, type: number, ...parts: Buffer[]): Promise<number> {
  const answer = await client.ask(type, ...parts);
  assert.is(answer.type, PACKET.status);
  return answer.uint32();
}

async function openFile({ ask }: Client, path: string, flags = 1): Promise<Buffer> {
  const answer = await ask(PACKET.open, text(path), uint32(flags, 0));
  assert.is(answer.type, PACKET.handle);
  return text(answer.text());
}

test('names, attributes and properties are answered while a content has not come', async () => {
  const client = connect();
  client.send(PACKET.open, text('/a.txt'), uint32(1, 0));
  const folder = text((await client.ask(PACKET.opendir, text('/'))).text());
  assert.is((await client.ask(PACKET.readdir, folder)).uint32(), 4, '. .. .Sugar-Metadata a.txt');
  assert.is(await statusOf(client, PACKET.readdir, folder), STATUS.eof);
  assert.is((await client.ask(PACKET.lstat, text('/a.txt'))).type, PACKET.attrs);
  const properties = await openFile(client, '/.Sugar-Metadata/a.txt.metadata');
  const data = await client.ask(PACKET.read, properties, at(2, 5));
  assert.is(data.text(), 'title');
  client.arrive();
  const content = text((await client.next()).text());
  assert.is((await client.ask(PACKET.read, content, at(0, 100))).text(), String(TEXT));
  assert.is(await statusOf(client, PACKET.read, content, at(100, 10)), STATUS.eof);
  assert.is(await statusOf(client, PACKET.close, content), STATUS.ok);
  assert.is(client.open.count, 0);
});

test('whatever would change something is refused', async () => {
  const client = connect();
  for (const flags of [2, 3, 0xa, 0x1a]) {
    const asked = [text('/a.txt'), uint32(flags, 0)];
    assert.is(await statusOf(client, PACKET.open, ...asked), STATUS.denied, `${flags}`);
  }
  const { remove, mkdir, rmdir, rename, setstat, fsetstat, write, symlink } = PACKET;
  for (const type of [remove, mkdir, rmdir, rename, setstat, fsetstat, write, symlink]) {
    assert.is(await statusOf(client, type, text('/a.txt'), uint32(0)), STATUS.denied, `${type}`);
  }
});

test('what is not there, and what is no request, gets an answer', async () => {
  const client = connect();
  const { noSuchFile, failure, unsupported } = STATUS;
  assert.is(await statusOf(client, PACKET.lstat, text('/b')), noSuchFile);
  assert.is(await statusOf(client, PACKET.open, text('/b'), uint32(1, 0)), noSuchFile);
  assert.is(await statusOf(client, PACKET.opendir, text('/a.txt')), noSuchFile);
  assert.is(await statusOf(client, PACKET.read, text('99'), at(0, 9)), failure);
  assert.is(await statusOf(client, PACKET.readdir, text('99')), failure);
  assert.is(await statusOf(client, 200, text('statvfs@openssh.com')), unsupported);
});

test('a packet that is cut short or far too long ends the connection, and closes what is open', async () => {
  for (const bytes of [Buffer.from([0, 0, 0, 2, PACKET.lstat, 0]), uint32(0x7fff_ffff)]) {
    const client = connect();
    client.arrive();
    await openFile(client, '/a.txt');
    assert.is(client.open.count, 1);
    const closed = new Promise((resolve) => client.input.once('close', resolve));
    client.input.write(bytes);
    await closed;
    assert.is(client.open.count, 0);
  }
});

test('a content that does not come cannot be opened', async () => {
  const client = connect();
  client.send(PACKET.open, text('/a.txt'), uint32(1, 0));
  client.arrive(new Error('it does not come'));
  const answer = await client.next();
  assert.is(answer.type, PACKET.status);
  assert.is(answer.uint32(), STATUS.trouble);
});

test('a content that comes after the end is closed', async () => {
  const client = connect();
  client.send(PACKET.open, text('/a.txt'), uint32(1, 0));
  const closed = new Promise((resolve) => client.input.once('close', resolve));
  client.input.destroy();
  await closed;
  client.arrive();
  await client.next();
  assert.is(client.open.count, 0);
});

test('requests that come in pieces, or many at once, are taken whole', () => {
  const whole = Buffer.concat([text('first'), text('second'), text('third')]);
  const byByte = new PacketStream();
  const packets = [...whole].flatMap((byte) => byByte.add(Buffer.of(byte)).map(String));
  assert.equal(packets, ['first', 'second', 'third']);
  assert.equal(new PacketStream().add(whole).map(String), ['first', 'second', 'third']);
});

test.run();
