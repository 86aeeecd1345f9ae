import { useId, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import type { FieldInfo } from '../../api/types';
import { accept, complete, type Suggestion } from '../../query/complete';
import { Icon } from '../../ui/Icon';
import { IconButton } from '../../ui/IconButton';
import { useSlash } from './useSlash';

interface Props {
  text: string;
  setText: (text: string) => void;
  submit: () => void;
  clear: () => void;
  fields: FieldInfo[];
  /** Where the text goes wrong, from 1. */
  column: number | undefined;
  describedBy: string | undefined;
  children: ReactNode;
}

/** The line for the query: completes fields and values, and marks where it goes wrong. */
export function QueryInput({ text, setText, submit, clear, fields, column, describedBy, children }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  const [caret, setCaret] = useState(0);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const [scroll, setScroll] = useState(0);
  const moveTo = useRef<number | undefined>(undefined);
  const completion = useMemo(() => complete(text, Math.min(caret, text.length), fields), [text, caret, fields]);
  const items = open ? completion.items : [];
  useSlash(input);

  useLayoutEffect(() => {
    if (moveTo.current === undefined) return;
    input.current?.setSelectionRange(moveTo.current, moveTo.current);
    moveTo.current = undefined;
  }, [text]);

  const take = (item: Suggestion) => {
    const next = accept(text, completion, item);
    moveTo.current = next.caret;
    setText(next.text);
    setCaret(next.caret);
    setActive(-1);
    setOpen(item.text.endsWith(':'));
    input.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const last = items.length - 1;
    if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && !event.altKey) {
      if (!open) setOpen(true);
      else if (last >= 0) setActive(event.key === 'ArrowDown' ? (active >= last ? 0 : active + 1) : active <= 0 ? last : active - 1);
    } else if (event.key === 'Enter' && items[active]) {
      take(items[active]);
    } else if (event.key === 'Tab' && items[active]) {
      take(items[active]);
    } else if (event.key === 'Enter') {
      setOpen(false);
      submit();
    } else if (event.key === 'Escape' && items.length > 0) {
      setOpen(false);
      setActive(-1);
    } else {
      return;
    }
    event.preventDefault();
  };
  const follow = () => {
    const at = input.current?.selectionStart ?? 0;
    if (at !== caret) setCaret(at);
    setScroll(input.current?.scrollLeft ?? 0);
  };

  return (
    <div className={`query-input ${column ? 'query-wrong' : ''}`} onBlur={(event) => { if (!event.currentTarget.contains(event.relatedTarget)) setOpen(false); }}>
      <Icon name="search" />
      <div className="query-text">
        {column !== undefined && <Mark text={text} column={column} scroll={scroll} />}
        <input
          ref={input} type="text" role="combobox" aria-label="Query" aria-autocomplete="list" aria-expanded={items.length > 0} aria-controls={`${id}-list`}
          aria-activedescendant={items[active] ? `${id}-${active}` : undefined} aria-invalid={column !== undefined} aria-describedby={describedBy}
          autoComplete="off" autoCapitalize="off" spellCheck={false} enterKeyHint="search"
          placeholder="Search messages, or field:value" value={text}
          onChange={(event) => { setText(event.target.value); setCaret(event.target.selectionStart ?? 0); setOpen(true); setActive(-1); }}
          onKeyDown={onKeyDown} onKeyUp={follow} onClick={follow} onScroll={follow}
        />
      </div>
      {text !== '' && <IconButton icon="close" label="Clear the query" onClick={() => { clear(); input.current?.focus(); }} />}
      {children}
      <ul id={`${id}-list`} role="listbox" aria-label="Suggestions" className="suggestions" hidden={items.length === 0}>
        {items.map((item, i) => (
          <li
            key={item.text} id={`${id}-${i}`} role="option" aria-selected={i === active} className={i === active ? 'active' : ''}
            ref={(el) => { if (i === active) el?.scrollIntoView({ block: 'nearest' }); }}
            onMouseDown={(event) => { event.preventDefault(); take(item); }}
          >
            <span>{item.label}</span>
            <small>{item.detail}</small>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Lies under the text, in the same letters, and underlines from the wrong place on. */
function Mark({ text, column, scroll }: { text: string; column: number; scroll: number }) {
  const letters = [...text];
  return (
    <div className="query-mark" aria-hidden="true">
      <div style={{ transform: `translateX(${-scroll}px)` }}>
        {letters.slice(0, column - 1).join('')}
        <mark>{letters.slice(column - 1).join('') || ' '}</mark>
      </div>
    </div>
  );
}
