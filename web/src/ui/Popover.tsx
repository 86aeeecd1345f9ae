import { useEffect, useId, useRef, useState, type ReactNode } from 'react';

interface Props {
  /** What the button shows, and what it is called where that is an icon only. */
  button: ReactNode;
  label: string;
  className?: string;
  align?: 'left' | 'right';
  children: (close: () => void) => ReactNode;
}

/** A button that opens a small panel below itself. Escape and a click elsewhere close it. */
export function Popover({ button, label, className, align = 'left', children }: Props) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const trigger = useRef<HTMLButtonElement>(null);
  const id = useId();
  useEffect(() => {
    if (!open) return;
    const outside = (event: Event) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    document.addEventListener('focusin', outside);
    root.current?.querySelector<HTMLElement>('.popover :is(input, button, select, a)')?.focus();
    return () => {
      document.removeEventListener('pointerdown', outside);
      document.removeEventListener('focusin', outside);
    };
  }, [open]);
  const close = () => {
    setOpen(false);
    trigger.current?.focus();
  };
  return (
    <div className="popover-root" ref={root} onKeyDown={(event) => { if (event.key === 'Escape' && open) { event.stopPropagation(); close(); } }}>
      <button ref={trigger} type="button" className={className ?? 'button'} aria-expanded={open} aria-controls={open ? id : undefined} aria-haspopup="dialog" title={label} onClick={() => setOpen(!open)}>
        {button}
      </button>
      {open && <div id={id} role="dialog" aria-label={label} className={`popover popover-${align}`}>{children(close)}</div>}
    </div>
  );
}
