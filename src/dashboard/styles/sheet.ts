// The style sheet of the dashboard, put together. Elements have classes and attributes only: the policy of the pages allows no style of their own.
import { CHARTS } from './charts.ts';
import { FRAME } from './frame.ts';
import { FORMS } from './forms.ts';
import { PARTS } from './parts.ts';
import { TABLES } from './tables.ts';
import { TOKENS } from './tokens.ts';

export const STYLE_SHEET: string = [TOKENS, FRAME, PARTS, TABLES, FORMS, CHARTS].join('\n');
