/**
 * The page's entry: joins the interface to the browser's host. How a line typed in a terminal walks through:
 *
 * 1. `Sessions` makes one `Machine` for each door (tutorial, playground, embed): terminals, a table of processes, a store.
 * 2. xterm hands keys to the `TerminalController`, that to the `Terminal` of src/shell: line editor, history, what is
 *    printed above the line. What xterm shows is all written by that `Terminal` (`xterm-screen.ts` only paints it).
 * 3. An entered line goes to the `Shell`, whose requests `browser-host.ts` answers from the session's files; or, while a server
 *    runs in the terminal, to that server's worker, whose messages drive the terminal.
 * 4. What a server says of itself (`status`) goes into the store; `cluster-model.ts` reads servers, roles and links from it,
 *    and the strip draws only that. Rows that arrived are seen travelling after they did, never before.
 * 5. The lesson pane draws a `LessonRunner` of src/lesson, which plays on a `Stage`: `stage.ts`, over the same machine. A run
 *    button types through the same line editor as the reader does.
 * 6. Terminals, histories, progress, layout and theme are kept in localStorage (`kept.ts`), files by the host. A reload
 *    kills the workers: the terminals say that the machine was restarted, the servers recover from their files.
 *
 * 7. The file panel (`parts/FilePanel.tsx`) reads the same files; a worker takes logs apart for it. A session as a whole goes out
 *    and comes in through `machine/session-save.ts`, in the form of `machine/session-file.ts`.
 * 8. One tab runs a session. Another one takes it over, or reads along: `machine/tab-news.ts` says what is told.
 *
 * What a real machine does and this page does not: servers end with the tab that runs them, and a second tab on the same
 * session reads along or takes over, because two writers of one directory are what a lock is for.
 */
import { App } from './App.tsx';
import { createBrowserHost } from './machine/browser-host.ts';
import { mount } from './mount.tsx';
import { Sessions } from './sessions.ts';

mount(<App sessions={new Sessions(createBrowserHost)} />);
