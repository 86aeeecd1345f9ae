import type { FacetValue } from '../../api/types';
import { number } from '../../time/format';
import type { SearchState } from '../../url/searchState';
import type { Change } from './useSearchState';

const NAMES = [['app', 'App'], ['host', 'Host'], ['level', 'Level']] as const;

interface Props {
  facets: Record<string, FacetValue[]> | undefined;
  state: SearchState;
  change: Change;
}

/** The most frequent values of app, host and level; a click filters, another undoes it. */
export function Facets({ facets, state, change }: Props) {
  return NAMES.map(([name, title]) => {
    const values = facets?.[name] ?? [];
    const selected = state[name];
    const shown = selected && !values.some((v) => v.value === selected) ? [{ value: selected, count: 0 }, ...values] : values;
    const most = Math.max(1, ...shown.map((v) => v.count));
    return (
      <section key={name} className="facet">
        <h2>{title}</h2>
        {facets && shown.length === 0 && <p className="muted small">none</p>}
        <ul>
          {shown.map(({ value, count }) => (
            <li key={value}>
              <button type="button" className="facet-value" aria-pressed={value === selected} onClick={() => change({ [name]: value === selected ? '' : value })}>
                <span className="facet-bar" style={{ width: `${(100 * count) / most}%` }} />
                <span className={`facet-name ${name === 'level' ? `level level-${levelTone(value)}` : ''}`}>{value}</span>
                <span className="facet-count">{number(count)}</span>
              </button>
            </li>
          ))}
        </ul>
      </section>
    );
  });
}

/** The colour of a level, whatever words the app uses. */
export function levelTone(level: string): 'error' | 'warn' | 'info' | 'debug' {
  const l = level.toLowerCase();
  if (/^(err|fatal|crit|alert|emerg|panic|severe)/.test(l)) return 'error';
  if (/^warn/.test(l)) return 'warn';
  return /^(debug|trace|fine)/.test(l) ? 'debug' : 'info';
}
