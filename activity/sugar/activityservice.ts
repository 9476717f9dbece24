/**
 * What Sugar's shell asks of a running activity: `org.laptop.Activity` under the activity's own name
 * on the session bus. Until that name is there the shell shows a pulsing icon and no window.
 */
import dbus, { type MessageBus } from 'dbus-next';

export interface ActivityCalls {
  /** The child looks at this activity, or at something else. */
  onActive(active: boolean): void;
}

const INTERFACE = 'org.laptop.Activity';

class ActivityService extends dbus.interface.Interface {
  readonly #calls: ActivityCalls;

  constructor(calls: ActivityCalls) {
    super(INTERFACE);
    this.#calls = calls;
  }

  SetActive(active: boolean): void {
    this.#calls.onActive(active);
  }

  /** There is nobody to invite to one's own backup, and no document. */
  InviteContact(): void {}
  HandleViewSource(): void {}
  GetDocumentPath(): string {
    return '';
  }
}

ActivityService.configureMembers({
  methods: {
    SetActive: { inSignature: 'b', outSignature: '' },
    InviteContact: { inSignature: 'ss', outSignature: '' },
    HandleViewSource: { inSignature: '', outSignature: '' },
    GetDocumentPath: { inSignature: '', outSignature: 's' },
  },
});

/** Answers the shell on this connection from now on. */
export async function serveShell(
  bus: MessageBus,
  activityId: string,
  calls: ActivityCalls,
): Promise<void> {
  bus.export(`/org/laptop/Activity/${activityId}`, new ActivityService(calls));
  await bus.requestName(`${INTERFACE}${activityId}`, 0);
}
