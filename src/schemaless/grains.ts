// Bits as whole numbers of grains: sums of them do not depend on the order in which they are added.

export const GRAINS = 1024;

export function grains(bits: number): number {
  return Math.round(bits * GRAINS);
}
