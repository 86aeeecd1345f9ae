import type { AnchorHTMLAttributes } from 'react';
import { follow } from '../url/route';

/** A link to another part of the page. */
export function Link(props: AnchorHTMLAttributes<HTMLAnchorElement>) {
  return <a {...props} onClick={(event) => { props.onClick?.(event); follow(event); }} />;
}
