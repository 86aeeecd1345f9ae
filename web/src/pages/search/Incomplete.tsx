import { Icon } from '../../ui/Icon';

/** Says that a part of the store does not answer, so that nobody takes what is shown for all there is. */
export function Incomplete({ reasons }: { reasons: string[] }) {
  return (
    <div className="incomplete" role="alert">
      <Icon name="alert" />
      <div>
        <strong>Events may be missing here.</strong> A part of the search store does not answer.
        {reasons.map((reason) => <p key={reason} className="mono small">{reason}</p>)}
      </div>
    </div>
  );
}
