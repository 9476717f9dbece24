/**
 * A stand-in for the agent, for looking at the activity alone: the whole of `org.sugarlabs.Backup1`
 * over a made-up Journal. It passes the same contract suite as the real agent. What it answers is set from
 * outside through `org.sugarlabs.Backup1.Script`, so that every screen can be seen.
 *
 *     node --import tsx test/activity/scripted-agent.ts [entries]
 */
import dbus, { type Message, type MessageBus, type Variant } from 'dbus-next';
import {
  BACKUP_NAME,
  BACKUP_PATH,
  errorName,
  JOB_INTERFACE,
  METHODS,
  type MethodName,
} from '../../shared/backup-bus.ts';
import type { ErrorCode } from '../../shared/errors.ts';
import { answersOf } from './scripted-answers.ts';
import { ScriptedAgent, type Shown } from './scripted-state.ts';

const PROPERTIES = 'org.freedesktop.DBus.Properties';
const SCRIPT_INTERFACE = `${BACKUP_NAME}.Script`;

/** Takes the agent's name on the session bus and answers until it is ended. */
async function serve(count: number): Promise<void> {
  const bus = dbus.sessionBus();
  const agent = new ScriptedAgent(bus, count);
  const methods = answersOf(agent) as Record<string, (...args: unknown[]) => unknown>;
  bus.addMethodHandler((message: Message) => {
    const { member = '', interface: iface, path, body } = message;
    switch (iface) {
      case PROPERTIES: {
        const properties = propertiesAt(agent, path);
        return member === 'GetAll' && properties && reply(bus, message, 'a{sv}', [properties]);
      }
      case SCRIPT_INTERFACE:
        obey(agent, member, body as [string, Variant]);
        return reply(bus, message, '', []);
      case JOB_INTERFACE:
        if (member !== 'Cancel') return false;
        agent.cancel(path);
        return reply(bus, message, '', []);
      case BACKUP_NAME: {
        const failure = agent.failing.get(member) ?? agent.failing.get('*');
        const method = methods[member];
        if (!method) return false;
        if (failure) return replyError(bus, message, failure);
        return agent.whenLet(member, () => {
          const [, signature] = METHODS[member as MethodName];
          const answer = method(...body);
          const several = /^(ua|aa\{sv\}t|sss)/.test(signature);
          const values = signature === '' ? [] : several ? (answer as unknown[]) : [answer];
          reply(bus, message, signature, values);
        });
      }
      default:
        return false;
    }
  });
  await bus.requestName(BACKUP_NAME, 0);
  process.stdout.write('serving\n');
}

function propertiesAt(agent: ScriptedAgent, path: string | undefined): Shown | undefined {
  if (path === BACKUP_PATH) return agent.properties;
  return agent.jobs.find((job) => job.path === path)?.properties;
}

function obey(agent: ScriptedAgent, member: string, [name, value]: [string, Variant]): void {
  if (member === 'Set') agent.set({ [name]: value });
  else if (member === 'Fail') agent.failing.set(name, String(value.value));
  else if (member === 'Mend') agent.failing.clear();
  else if (member === 'Lengthen') agent.lengthen();
  else if (member === 'Hold') agent.held.set(name, []);
  else if (member === 'Let') agent.letGo(name);
  else if (member === 'Speed') agent.speedMs = Number(value.value);
  else process.exit(9);
}

function reply(bus: MessageBus, message: Message, signature: string, body: unknown[]): true {
  bus.send(dbus.Message.newMethodReturn(message, signature, body));
  return true;
}

function replyError(bus: MessageBus, message: Message, code: string): true {
  bus.send(
    new dbus.Message({
      type: dbus.MessageType.ERROR,
      // The library takes the number; its types say text.
      replySerial: message.serial as never,
      destination: message.sender,
      errorName: errorName(code as ErrorCode),
      signature: 's',
      body: ['The school does not answer\nTry later'],
    }),
  );
  return true;
}

await serve(Number(process.argv[2] ?? 5000));
