/**
 * What PROTOCOL.md promises to programs on the laptop's bus, and what is there: the same, in both
 * directions.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { AgentObject } from '../../../agent/bus/agent-object.ts';
import { JobObject } from '../../../agent/bus/job-object.ts';
import { AGENT_PROPERTIES, JOB_PROPERTIES } from '../../../shared/backup-bus.ts';
import { REASONS, STATES } from '../../../shared/backup-states.ts';

const test = suite('the interface on the bus is the documented one');

const root = fileURLToPath(new URL('../../..', import.meta.url));
const protocol = readFileSync(join(root, 'PROTOCOL.md'), 'utf8');

function section(heading: string): string {
  const from = protocol.indexOf(`\n### ${heading}`);
  assert.ok(from > 0, heading);
  const to = protocol.indexOf('\n### ', from + 1);
  return protocol.slice(from, to);
}

/** The first cells of a table's rows. */
function rows(text: string): string[][] {
  const lines = text.split('\n').filter((line) => line.startsWith('| `'));
  return lines.map((line) => line.split(' | ').map((cell) => cell.replace(/^\| |\s*\|$/g, '')));
}

const quoted = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);

test('properties have the names and types of the table', () => {
  const documented: Record<string, string> = {};
  for (const [names = '', types = ''] of rows(section('Properties'))) {
    const each = types.trim().split(/\s+/);
    for (const [index, name] of quoted(names).entries()) documented[name] = each[index] ?? '';
  }
  assert.ok(Object.keys(documented).length > 20);
  assert.equal(documented, { ...AGENT_PROPERTIES });
});

/** What the table lists as the codes of a property, without remarks in parentheses. */
function codesOf(property: string): string[] {
  const row = rows(section('Properties')).find(([name]) => name === `\`${property}\``);
  return quoted((row?.[2] ?? '').replace(/\([^)]*\)/g, ''));
}

test('states are those of the table', () => {
  assert.equal(codesOf('State'), [...STATES]);
});

test('reasons are those of the table, in the order in which the agent lists them', () => {
  assert.equal(codesOf('Reasons'), [...REASONS]);
});

/** `s of, u limit` → `su`. */
function signature(words: string): string {
  const parts = words.replace(/^\((.*)\)$/, '$1').split(',');
  return parts.map((part) => part.trim().split(' ')[0]).join('');
}

test('methods take and give what the table says', () => {
  const documented: Record<string, string> = {};
  for (const [cell = ''] of rows(section('Methods'))) {
    for (const text of quoted(cell)) {
      const [, name = '', takes = '', gives = ''] = /^(\w+)\((.*?)\)(?: → (.*))?$/.exec(text) ?? [];
      assert.ok(name, text);
      documented[name] = `${signature(takes)} → ${signature(gives)}`;
    }
  }
  const there = Object.fromEntries(
    Object.entries(methodsOf(AgentObject)).map(([name, { inSignature, outSignature }]) => {
      return [name, `${inSignature ?? ''} → ${outSignature ?? ''}`];
    }),
  );
  assert.ok(Object.keys(there).length > 15);
  assert.equal(documented, there);
});

test('a job has the documented properties, method and signal', () => {
  const text = section('`org.sugarlabs.Backup1.Job`');
  for (const name of Object.keys(JOB_PROPERTIES)) assert.ok(quoted(text).includes(name), name);
  assert.equal(Object.keys(methodsOf(JobObject)), ['Cancel']);
  assert.ok(quoted(text).includes('Finished(s state)'));
});

interface Method {
  inSignature?: string;
  outSignature?: string;
}

/** As dbus-next keeps them for introspection. */
function methodsOf({ prototype }: { prototype: object }): Record<string, Method> {
  return (prototype as { $methods: Record<string, Method> }).$methods;
}

test.run();
