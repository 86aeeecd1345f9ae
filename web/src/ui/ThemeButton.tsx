import { IconButton } from './IconButton';
import { setTheme, useTheme, type Theme } from './theme';

const NEXT: Record<Theme, Theme> = { auto: 'light', light: 'dark', dark: 'auto' };
const ICONS = { auto: 'auto', light: 'sun', dark: 'moon' } as const;
const NAMES = { auto: 'as the system', light: 'light', dark: 'dark' };

export function ThemeButton() {
  const theme = useTheme();
  return <IconButton icon={ICONS[theme]} size={18} label={`Theme: ${NAMES[theme]}. Switch to ${NAMES[NEXT[theme]]}`} onClick={() => setTheme(NEXT[theme])} />;
}
