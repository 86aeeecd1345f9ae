import type { ReactNode } from 'react';
import type { Stage } from '../../api/types';
import { short } from '../../time/format';
import { Icon, type IconName } from '../../ui/Icon';
import { Link } from '../../ui/Link';
import { StateDot } from '../../ui/StateDot';
import { useNow } from '../../ui/useNow';
import { health, lagText, rateText, total, type Known } from './stages';

interface Props {
  known: Known;
  stage: Stage | undefined;
  /** What it counts. */
  unit: string;
}

/** A stage in the picture: how it is, what goes in and out, and what did not get through. */
export function StageCard({ known, stage, unit }: Props) {
  const now = useNow();
  const { tone, word } = health(stage, now);
  const dropped = total(stage?.dropped);
  const dead = total(stage?.dead_lettered);
  return (
    <section className={`stage stage-${tone}`} aria-label={known.title}>
      <header>
        <Icon name={known.icon} size={18} />
        <h2>{known.title}</h2>
        {stage && stage.instances > 1 && <span className="muted small">× {stage.instances}</span>}
      </header>
      <p className="muted small">{known.says}</p>
      <StateDot tone={tone}>{word}</StateDot>
      {stage && (
        <dl>
          <div><dt>In</dt><dd>{rateText(stage, stage.rate_in)}</dd></div>
          <div><dt>Out</dt><dd>{rateText(stage, stage.rate_out)}</dd></div>
          <div><dt>Lag</dt><dd>{lagText(stage)}</dd></div>
          {dropped > 0 && <div className="muted"><dt>Dropped</dt><dd>{short(dropped)} {unit}</dd></div>}
          {dead > 0 && <div className="problem-text"><dt>Dead letters</dt><dd>{short(dead)}</dd></div>}
        </dl>
      )}
      {stage?.last_error && tone !== 'ok' && <p className="stage-error problem-text">{stage.last_error}</p>}
    </section>
  );
}

/** Where a lane ends. */
export function End({ icon, title, href, children }: { icon: IconName; title: string; href?: string; children: ReactNode }) {
  return (
    <section className="stage stage-end" aria-label={title}>
      <header><Icon name={icon} size={18} /><h2>{title}</h2></header>
      <p className="muted small">{href ? <Link href={href}>{children}</Link> : children}</p>
    </section>
  );
}
