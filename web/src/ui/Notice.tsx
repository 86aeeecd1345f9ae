import type { ReactNode } from 'react';
import { ApiError, isMissing } from '../api/client';
import { Icon, type IconName } from './Icon';

interface Props {
  icon?: IconName;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
}

/** What stands where there is nothing to show: why, and what to do next. */
export function Notice({ icon = 'inbox', title, children, actions }: Props) {
  return (
    <div className="notice">
      <Icon name={icon} size={28} />
      <h2>{title}</h2>
      {children && <div className="notice-text">{children}</div>}
      {actions && <div className="notice-actions">{actions}</div>}
    </div>
  );
}

/** A request that failed, with what can be done about it. */
export function Failure({ error, what, retry }: { error: unknown; what: string; retry: () => void }) {
  const again = <button type="button" className="button" onClick={retry}>Try again</button>;
  if (isMissing(error)) {
    return <Notice icon="alert" title={`This server cannot show ${what}`} actions={again}>It is older than this page. Update Millrace, then load the page anew.</Notice>;
  }
  const status = error instanceof ApiError ? error.status : 0;
  const hint = status === 503 ? 'A server behind it is starting or down; it is asked again by itself.' : status === 401 ? 'The server asks for its token.' : '';
  return <Notice icon="alert" title={`Cannot show ${what}`} actions={again}><p>{message(error)}</p>{hint && <p>{hint}</p>}</Notice>;
}

/** The words of an error. */
export function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
