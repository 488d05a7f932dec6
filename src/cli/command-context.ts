import type { InvokedName } from './invoked-name.ts';
import type { Messages } from './messages.ts';
import type { Credentials } from './privileges.ts';

/** What every command is told about how it was called. */
export interface CommandContext {
  readonly name: InvokedName;
  readonly messages: Messages;
  /** Whether diagnostics are coloured. */
  readonly color: boolean;
  /** Whose rights count. */
  readonly whoAsks: () => Credentials;
}
