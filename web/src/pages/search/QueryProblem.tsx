import type { ApiError } from '../../api/client';
import type { ErrorDetail } from '../../api/types';
import { Icon } from '../../ui/Icon';

const isQuery = (detail: ErrorDetail) => detail.location === 'query.q';

/** The column of the query text where it goes wrong, from 1, in characters. */
export function columnOf(error: ApiError): number | undefined {
  const value = error.errors.find(isQuery)?.value;
  if (typeof value !== 'object' || value === null || !('column' in value)) return undefined;
  return typeof value.column === 'number' ? value.column : undefined;
}

const NAMES: Record<string, string> = { q: 'Query', from: 'From', to: 'To', app: 'App', host: 'Host', level: 'Level' };

/** What the server says is wrong with the search. */
export function QueryProblem({ id, error }: { id: string; error: ApiError }) {
  const details = error.errors.length > 0 ? error.errors : [{ message: error.message }];
  return (
    <div id={id} className="query-problem" role="alert">
      <Icon name="alert" />
      <ul>
        {details.map((detail, i) => {
          const param = detail.location?.replace('query.', '') ?? '';
          return <li key={i}>{NAMES[param] ? `${NAMES[param]}: ` : ''}{detail.message}</li>;
        })}
      </ul>
    </div>
  );
}
