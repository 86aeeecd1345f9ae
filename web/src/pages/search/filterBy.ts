/** What a hit's buttons do with one of its values. */
export type FilterBy = (field: string, value: string | number | boolean, negate: boolean) => void;
