/** The unified social credit code (GB 32100-2015): 18 characters, the last one a check over the others, modulo 31. */
const letters = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

export function checkUscc(code: string): boolean {
  if (code.length !== 18) return false;
  let sum = 0;
  for (let i = 0; i < 17; i++) {
    const value = letters.indexOf(code.charAt(i));
    if (value < 0) return false;
    sum += value * (weights[i] ?? 0);
  }
  return letters.charAt((31 - (sum % 31)) % 31) === code.charAt(17);
}
