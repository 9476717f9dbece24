/** What the agent is called on the bus (PROTOCOL.md, "On the laptop's bus"). */
export const NAME = 'org.sugarlabs.Backup1';
export const PATH = '/org/sugarlabs/Backup1';
export const VERSION = 1;

export const jobPath = (id: number): string => `${PATH}/job/${id}`;
