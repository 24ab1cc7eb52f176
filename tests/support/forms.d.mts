export function applyForm(): string;
export function formNumber(name: string): number;
