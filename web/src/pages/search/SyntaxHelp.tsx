import { Popover } from '../../ui/Popover';

const ROWS: [string, string][] = [
  ['refused payment', 'both words in the message'],
  ['"payment refused"', 'the words in this order'],
  ['log.level:error', 'a field’s exact value'],
  ['url.path:"/cart"', 'quotes for what is not plain'],
  ['http.response.status_code:>=500', 'a comparison; [1 TO 5] is a range'],
  ['host.name:web-*', '* and ? stand for anything'],
  ['source.ip:203.0.113.0/24', 'addresses of a network'],
  ['_exists_:error.type', 'the field is there'],
  ['a OR b, NOT c, (a b)', 'AND is understood between words'],
];

/** What can be typed. */
export function SyntaxHelp() {
  return (
    <Popover button="?" label="How to write a query" className="icon-button help-button" align="right">
      {(close) => (
        <div className="help">
          <table>
            <caption>How to write a query</caption>
            <tbody>
              {ROWS.map(([code, says]) => <tr key={code}><td><code>{code}</code></td><td>{says}</td></tr>)}
            </tbody>
          </table>
          <p className="muted">Keys: <kbd>/</kbd> goes to the query, <kbd>↑</kbd> <kbd>↓</kbd> move between events, <kbd>Enter</kbd> opens one.</p>
          <button type="button" className="button" onClick={close}>Close</button>
        </div>
      )}
    </Popover>
  );
}
