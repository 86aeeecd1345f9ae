/** Three waves: the water that runs to the mill. */
export function Logo() {
  return (
    <svg className="logo" width="26" height="26" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <rect width="24" height="24" rx="6" />
      <path d="M4.5 8.2c2.5-2.4 5-2.4 7.5 0s5 2.4 7.5 0" />
      <path d="M4.5 12.6c2.5-2.4 5-2.4 7.5 0s5 2.4 7.5 0" opacity="0.8" />
      <path d="M4.5 17c2.5-2.4 5-2.4 7.5 0s5 2.4 7.5 0" opacity="0.6" />
    </svg>
  );
}
