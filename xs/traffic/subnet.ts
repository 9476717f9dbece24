/**
 * The access network an address belongs to: its first 24 bits in IPv4, its first 64 in IPv6. So much
 * a school gives to the laptops behind one access point, where it gives them networks of their own.
 */
import { isIPv4, isIPv6 } from 'node:net';

/** Undefined for what is no address, and for this machine itself (a proxy in front of us). */
export function subnetOf(address: string): string | undefined {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (isIPv4(plain)) {
    const bytes = plain.split('.');
    return bytes[0] === '127' ? undefined : `${bytes.slice(0, 3).join('.')}.0/24`;
  }
  if (!isIPv6(plain) || plain === '::1') return undefined;
  const [head = '', tail] = plain.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const rest = tail === '' ? [] : tail.split(':');
    while (groups.length + rest.length < 8) groups.push('0');
    groups.push(...rest);
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
