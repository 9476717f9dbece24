/**
 * Requests as bytes: a browser's library would put right what an attacker writes wrong.
 */
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  /** 0 when the connection was ended without one. */
  status: number;
  head: string;
  body: string;
}

export interface RawRequest {
  method?: string;
  path: string;
  headers?: readonly string[];
  body?: string;
}

/** One request and the end of the connection. */
export function formatRequest({
  method = 'GET',
  path,
  headers = [],
  body = '',
}: RawRequest): string {
  const named = (name: string) => headers.some((one) => one.toLowerCase().startsWith(`${name}:`));
  const lines = [
    `${method} ${path} HTTP/1.1`,
    ...(named('host') ? [] : ['Host: 127.0.0.1']),
    ...headers,
    ...(body !== '' && !named('content-length') && !named('transfer-encoding')
      ? [`Content-Length: ${Buffer.byteLength(body)}`]
      : []),
    'Connection: close',
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** Sends bytes and reads until the other side ends it. */
export async function sendRaw(to: { port: number } | { path: string }, bytes: string) {
  const socket: Socket = connect({ ...to } as { port: number });
  let text = '';
  const ended = new Promise<void>((resolve) => {
    socket.on('data', (piece) => {
      text += piece.toString('latin1');
    });
    socket.on('error', () => resolve()).on('close', () => resolve());
  });
  socket.write(bytes, 'latin1');
  await ended;
  return parseAnswer(text);
}

export function parseAnswer(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const head = end < 0 ? text : text.slice(0, end);
  const status = Number(/^HTTP\/1\.[01] (\d+)/.exec(text)?.[1] ?? 0);
  return { status, head, body: end < 0 ? '' : text.slice(end + 4) };
}
