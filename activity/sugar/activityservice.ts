/**
 * `org.laptop.Activity` on the session bus, which Sugar's shell calls on a running activity. Until
 * its name is owned the shell shows a pulsing icon instead of the window.
 */
import dbus, { type MessageBus } from 'dbus-next';

export interface ActivityCalls {
  /** The activity came to the front or left it. */
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

  /**
   * Required by the interface; this activity has no invitations. Without `HandleViewSource` the shell shows the
   * source itself, and without `GetDocumentPath` no document beside it: an empty path ends its viewer.
   */
  InviteContact(): void {}
}

ActivityService.configureMembers({
  methods: {
    SetActive: { inSignature: 'b', outSignature: '' },
    InviteContact: { inSignature: 'ss', outSignature: '' },
  },
});

/** Exports the service on this connection and takes its name. */
export async function serveShell(
  bus: MessageBus,
  activityId: string,
  calls: ActivityCalls,
): Promise<void> {
  bus.export(`/org/laptop/Activity/${activityId}`, new ActivityService(calls));
  await bus.requestName(`${INTERFACE}${activityId}`, 0);
}
