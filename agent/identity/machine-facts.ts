/**
 * Numbers of this machine's built-in parts, hashed: network cards and disks that cannot be pulled out. A
 * copy of the disk's content does not carry them along.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a block device tells its number: cards, NVMe and SATA disks, virtual disks. */
const DISK_NUMBERS = ['device/cid', 'device/serial', 'device/wwid', 'wwid', 'serial'];
const HASH_DIGITS = 16;

/** In no order; where the parts tell nothing, the number of the installation, which copies do carry. */
export function machineFacts(root = '/'): string[] {
  const parts = [...networkCards(join(root, 'sys/class/net')), ...disks(join(root, 'sys/block'))];
  const board = read(join(root, 'proc/device-tree/serial-number'));
  if (board) parts.push(`board ${board}`);
  const installation = read(join(root, 'etc/machine-id'));
  if (parts.length === 0 && installation) parts.push(`installation ${installation}`);
  return parts.map(hashed);
}

function hashed(part: string): string {
  return createHash('sha256')
    .update(`ds-backup machine ${part}`)
    .digest('hex')
    .slice(0, HASH_DIGITS);
}

/** Addresses that the card has from its factory, not those that hide it in foreign networks. */
function networkCards(folder: string): string[] {
  return list(folder).flatMap((name) => {
    const card = join(folder, name);
    const isReal = existsSync(join(card, 'device')) && read(join(card, 'addr_assign_type')) === '0';
    const address = read(join(card, 'address'));
    return isReal && address ? [`card ${address}`] : [];
  });
}

function disks(folder: string): string[] {
  return list(folder).flatMap((name) => {
    const disk = join(folder, name);
    if (read(join(disk, 'removable')) !== '0') return [];
    return DISK_NUMBERS.flatMap((file) => {
      const number = read(join(disk, file));
      return number ? [`disk ${number}`] : [];
    });
  });
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Empty where it cannot be read. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1').replace(/\0/g, '').trim();
  } catch {
    return '';
  }
}
