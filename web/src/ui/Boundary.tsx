import { Component, lazy, useEffect, type ComponentType, type ReactNode } from 'react';
import { message, Notice } from './Notice';

/** A part of the page that could not be fetched. */
class Unloaded extends Error {}

/** A page that is fetched when it is first visited. */
export function page<P>(load: () => Promise<{ default: ComponentType<P> }>) {
  return lazy(() => load().catch((cause: unknown) => {
    throw new Unloaded(message(cause), { cause });
  }));
}

/** Keeps what breaks in one page from taking the whole window with it. */
export class Boundary extends Component<{ children: ReactNode }, { error?: unknown }> {
  override state: { error?: unknown } = {};

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    if (error instanceof Unloaded) return <Away />;
    return <Notice icon="alert" title="This page has a fault" actions={<Reload />}><code>{message(error)}</code></Notice>;
  }
}

const ASK_EVERY = 2000;

/** Stands for a page that could not be fetched, until the server is there again. */
function Away() {
  useEffect(() => {
    let wasAway = false; // a server that is there and lacks the page would be asked for ever
    const timer = setInterval(() => {
      fetch('/', { method: 'HEAD', cache: 'no-store' }).then(
        () => wasAway && location.reload(),
        () => {
          wasAway = true;
        },
      );
    }, ASK_EVERY);
    return () => clearInterval(timer);
  }, []);
  return <Notice icon="alert" title="This page could not be fetched" actions={<Reload />}>The server does not answer, or it is newer than what you see. It comes by itself once the server is back.</Notice>;
}

function Reload() {
  return <button type="button" className="button" onClick={() => location.reload()}>Load anew</button>;
}
