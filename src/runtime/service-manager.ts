import { errnoText } from '../base/index.ts';
import { sendDatagram } from '../kernel/index.ts';

/** What a service manager is told, as bpftrace tells it. Source: sd_notify(3). */
const serviceStates = {
  ready: 'READY=1\nSTATUS=Processing events...',
  stopping: 'STOPPING=1\nSTATUS=Shutting down...',
} as const;

/** How far this process is. */
export type ServiceState = keyof typeof serviceStates;

/**
 * Tells the service manager that started this process (`Type=notify`) how far it is; does nothing where `NOTIFY_SOCKET` names nobody.
 *
 * @returns why it could not be told.
 */
export function tellServiceManager(
  environment: Readonly<Record<string, string | undefined>>,
  state: ServiceState,
): string | undefined {
  const address = environment['NOTIFY_SOCKET'];
  if (address === undefined || address === '') return undefined;
  if (!/^[/@]./.test(address)) return `NOTIFY_SOCKET is no path and no abstract name: '${address}'`;
  const sent = sendDatagram(address, Buffer.from(serviceStates[state]));
  return sent < 0 ? `cannot tell the service manager at '${address}': ${errnoText(-sent)}` : undefined;
}
