import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Bucket } from '../../api/types';
import { clock, number, short, stamp } from '../../time/format';
import { useDark } from '../../ui/theme';

interface Props {
  buckets: Bucket[] | undefined;
  select: (range: { from: string; to: string }) => void;
  stale: boolean;
  /** Nothing was answered yet: the place is kept, so that nothing moves when it is. */
  waiting: boolean;
}

const HEIGHT = 96;

/** Events over time. Drag over it, or use the arrow keys and Enter, to look at a part. */
export function Histogram({ buckets, select, stale, waiting }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const dark = useDark();
  const [cursor, setCursor] = useState<{ from: number; to: number }>();
  const data = useMemo(() => toData(buckets ?? []), [buckets]);
  const latest = useRef({ data, select });
  latest.current = { data, select };
  const has = data.starts.length > 1;

  useEffect(() => {
    if (!has || !box.current) return;
    const drawn = new uPlot(
      options(box.current.clientWidth, (first, last) => choose(latest.current, first, last), (i) => setCursor(i === null ? undefined : { from: i, to: i })),
      latest.current.data.series, box.current,
    );
    plot.current = drawn;
    const resize = new ResizeObserver(([entry]) => drawn.setSize({ width: Math.floor(entry!.contentRect.width), height: HEIGHT }));
    resize.observe(box.current);
    return () => {
      resize.disconnect();
      drawn.destroy();
      plot.current = undefined;
    };
  }, [has, dark]);
  useEffect(() => plot.current?.setData(data.series), [data]);
  useEffect(() => setCursor(undefined), [data.width]);
  useEffect(() => showSelection(plot.current, data, cursor), [cursor, data]);

  const onKeyDown = (event: KeyboardEvent) => {
    const last = data.starts.length - 1;
    if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
      const step = event.key === 'ArrowLeft' ? -1 : 1;
      setCursor((old) => {
        const at = Math.min(last, Math.max(0, old ? old.to + step : step < 0 ? last : 0));
        return event.shiftKey && old ? { from: old.from, to: at } : { from: at, to: at };
      });
    } else if (event.key === 'Enter' && cursor) {
      choose(latest.current, Math.min(cursor.from, cursor.to), Math.max(cursor.from, cursor.to));
    } else if (event.key === 'Escape') {
      setCursor(undefined);
    } else {
      return;
    }
    event.preventDefault();
  };
  if (!has) return <div className={waiting ? 'histogram' : 'histogram histogram-none'} />;
  return (
    <div className={`histogram ${stale ? 'stale' : ''}`}>
      <div className="histogram-box" ref={box} role="group" tabIndex={0} aria-label="Events over time. Arrow keys move, with Shift they select, Enter looks closer." onKeyDown={onKeyDown} onBlur={() => setCursor(undefined)} />
      <div className="histogram-legend" aria-live="polite">{cursor ? legend(data, cursor) : `${widthText(data.width)} a bar`}</div>
    </div>
  );
}

interface Data {
  starts: number[];
  counts: number[];
  width: number;
  series: uPlot.AlignedData;
}

function toData(buckets: Bucket[]): Data {
  const starts = buckets.map((b) => Date.parse(b.at));
  const counts = buckets.map((b) => b.count);
  const width = starts.length > 1 ? starts[1]! - starts[0]! : 0;
  // Bars stand over the middle of their time.
  return { starts, counts, width, series: [starts.map((at) => (at + width / 2) / 1000), counts] };
}

function choose({ data, select }: { data: Data; select: Props['select'] }, first: number, last: number): void {
  const from = data.starts[Math.max(0, first)];
  const to = data.starts[Math.min(data.starts.length - 1, last)];
  if (from !== undefined && to !== undefined) select({ from: new Date(from).toISOString(), to: new Date(to + data.width).toISOString() });
}

function legend(data: Data, cursor: { from: number; to: number }): string {
  const [first, last] = [Math.min(cursor.from, cursor.to), Math.max(cursor.from, cursor.to)];
  const from = data.starts[first];
  const to = data.starts[last];
  if (from === undefined || to === undefined) return '';
  const end = new Date(to + data.width);
  const sum = data.counts.slice(first, last + 1).reduce((a, b) => a + b, 0);
  const sameDay = new Date(from).toDateString() === end.toDateString();
  return `${stamp(new Date(from), false)} – ${sameDay ? clock(end) : stamp(end, false)} · ${number(sum)} ${sum === 1 ? 'event' : 'events'}`;
}

function widthText(ms: number): string {
  for (const [size, unit] of [[86400e3, 'day'], [3600e3, 'hour'], [60e3, 'minute'], [1e3, 'second']] as const) {
    if (ms >= size) return ms === size ? `1 ${unit}` : `${number(ms / size)} ${unit}s`;
  }
  return '';
}

function showSelection(plot: uPlot | undefined, data: Data, cursor: { from: number; to: number } | undefined): void {
  if (!plot || (cursor && cursor.from === cursor.to && plot.cursor.idx === cursor.from)) return; // the mouse is there
  if (!cursor) return plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  const left = plot.valToPos(data.starts[Math.min(cursor.from, cursor.to)]! / 1000, 'x');
  const right = plot.valToPos((data.starts[Math.max(cursor.from, cursor.to)]! + data.width) / 1000, 'x');
  plot.setSelect({ left, top: 0, width: right - left, height: plot.over.clientHeight }, false);
}

function options(width: number, chosen: (first: number, last: number) => void, hover: (i: number | null) => void): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const font = `11px ${style.fontFamily}`;
  const grid = { stroke: color('--line'), width: 1 };
  return {
    width, height: HEIGHT,
    padding: [8, 18, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
    scales: { y: { range: (_, __, max) => [0, Math.max(1, max * 1.05)] }, x: { range: (u) => edges(u) } },
    axes: [
      { stroke: color('--muted'), font, grid: { show: false }, ticks: { ...grid, size: 4 }, size: 24, values: (_, ticks, __, ___, step) => ticks.map((t) => tick(t, step)) },
      { stroke: color('--muted'), font, grid, ticks: { show: false }, size: 46, space: 30, values: (_, ticks) => ticks.map((t) => (Number.isInteger(t) ? short(t) : '')) },
    ],
    series: [{}, { fill: color('--bar'), stroke: color('--bar'), width: 0, points: { show: false }, paths: uPlot.paths.bars!({ size: [0.86, 60], align: 0 }) }],
    hooks: {
      setCursor: [(u) => hover(u.cursor.idx ?? null)],
      setSelect: [(u) => {
        if (u.select.width < 4) return;
        const first = u.posToIdx(u.select.left);
        const last = u.posToIdx(u.select.left + u.select.width);
        u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        chosen(first, last);
      }],
    },
  };
}

/** From the beginning of the first bar to the end of the last. */
function edges(u: uPlot): [number, number] {
  const middles = u.data[0];
  const half = middles.length > 1 ? (middles[1]! - middles[0]!) / 2 : 1;
  return [middles[0]! - half, middles.at(-1)! + half];
}

function tick(seconds: number, step: number): string {
  const at = new Date(seconds * 1000);
  if (step >= 86400 || (at.getHours() === 0 && at.getMinutes() === 0)) return stamp(at, false).replace(/ \d\d:.*/, '');
  return step < 60 ? clock(at) : clock(at).slice(0, 5);
}
