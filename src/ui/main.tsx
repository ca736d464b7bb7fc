/** The page's entry: joins the interface to the browser's host. */
import { App } from './App.tsx';
import { createBrowserHost } from './machine/browser-host.ts';
import { mount } from './mount.tsx';
import { Sessions } from './sessions.ts';

mount(<App sessions={new Sessions(createBrowserHost)} />);
