/**
 * Pictures for the class: everything that a camera wrote beside the picture is gone, every pixel is as it was,
 * and what cannot be cleaned is not given out.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanPicture, joinPieces, sizeOfPieces } from '../../../xs/published/clean-picture.ts';
import { temporaryFolder } from '../../shared/folder.ts';
import { cameraNotes, held } from '../../shared/pictures.ts';
import { seeded } from '../../shared/random.ts';

const test = suite('pictures are cleaned for the class');
const folder = temporaryFolder(test);

const SECRET = 'GPS 12.0464 S 77.0428 W, Jocinta';

/** A real picture by ImageMagick, with a comment in it. */
function draw(name: string, ...options: string[]): Buffer {
  const path = join(folder, name);
  const args = ['-size', '40x30', 'plasma:red-blue', '-seed', '7', ...options];
  execFileSync('convert', [...args, '-set', 'comment', SECRET, path]);
  return readFileSync(path);
}

/** The same for the same pixels. */
function pixels(picture: Buffer, type: string): string {
  const path = join(folder, `seen.${type}`);
  writeFileSync(path, picture);
  return execFileSync('identify', ['-format', '%#', path]).toString();
}

function cleaned(file: Buffer, declared = ''): Buffer {
  const found = cleanPicture(file, declared);
  assert.is(found.type, 'clean');
  if (found.type !== 'clean') throw new Error(found.type);
  const bytes = joinPieces(file, found.pieces);
  assert.is(bytes.length, sizeOfPieces(found.pieces));
  return bytes;
}

const segment = (marker: number, body: Buffer | string) => {
  const bytes = Buffer.from(body);
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(bytes.length + 2, 2);
  return Buffer.concat([head, bytes]);
};
const chunk = (type: string, body: Buffer | string) => {
  const bytes = Buffer.from(body);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, Buffer.from(type), bytes, Buffer.alloc(4)]);
};
/** `more` after the first `at` bytes. */
const withMore = (file: Buffer, at: number, ...more: Buffer[]) =>
  Buffer.concat([file.subarray(0, at), ...more, file.subarray(at)]);

/** A GIF of one pixel. */
const GIF = Buffer.from(
  '47494638396101000100800000000000ffffff2c00000000010001000002024401003b',
  'hex',
);
/** A part of a GIF with words in it. */
const gifPart = (label: number, words: string) =>
  Buffer.concat([Buffer.from([0x21, label, words.length]), Buffer.from(words), Buffer.alloc(1)]);
const latin = (text: string) => Buffer.from(text, 'latin1');
/** Kinds in which cameras and programs write, by how they begin. */
const OTHER_PICTURES: [string, Buffer][] = [
  ['HEIC of another brand', latin('\0\0\0\x1cftypmiaf\0\0\0\0mif1heic')],
  ['HEIC that is called a film', latin('\0\0\0\x1cftyp3gp4\0\0\0\0isomheic')],
  ['HEIC whose first part has no end', latin('\0\0\0\0ftyp3gp4\0\0\0\0isomheic')],
  ['CR3', latin('\0\0\0\x18ftypcrx \0\0\0\x01crx isom')],
  ['JPEG XL', latin('\0\0\0\x0cJXL \r\n\x87\n')],
  ['JPEG XL without a box', latin('\xff\x0a\xfa')],
  ['JPEG 2000', latin('\0\0\0\x0cjP  \r\n\x87\n')],
  ['JPEG 2000 without a box', latin('\xff\x4f\xff\x51\0')],
  ['JPEG XR', latin('II\xbc\x01')],
  ['RAF', latin('FUJIFILMCCD-RAW 0201')],
  ['RW2', latin('IIU\0\x18\0')],
  ...['IIRO', 'IIRS', 'MMOR'].map((start): [string, Buffer] => [`ORF ${start}`, latin(start)]),
  ['CRW', latin('II\x1a\0\0\0HEAPCCDR')],
  ['X3F', latin('FOVb')],
  ['MRW', latin('\0MRM')],
  ['PSD', latin('8BPS\0\x01')],
  ['XCF', latin('gimp xcf v011\0')],
];

const EXIF = segment(0xe1, `Exif\0\0II*\0${SECRET}`);

for (const [name, ...options] of [
  ['plain.jpg'],
  ['progressive.jpg', '-interlace', 'JPEG'],
  ['grey.jpg', '-colorspace', 'Gray'],
  ['cmyk.jpg', '-colorspace', 'CMYK'],
  ['restart.jpg', '-define', 'jpeg:restart-interval=2'],
] as const) {
  test(`${name}: every pixel stays, and no word`, () => {
    const file = draw(name, ...options);
    const thumbnail = segment(0xe0, Buffer.concat([Buffer.from('JFXX\0\x13'), file]));
    const full = Buffer.concat([
      withMore(
        file,
        2,
        EXIF,
        segment(0xe2, `ICC_PROFILE\0${SECRET}`),
        segment(0xed, SECRET),
        thumbnail,
      ),
      file, // the picture before it was cut, after the end
      Buffer.from(SECRET),
    ]);
    assert.ok(full.includes(SECRET));
    const clean = cleaned(full);
    assert.not(clean.includes(SECRET));
    assert.not(clean.includes('Exif'));
    assert.is(pixels(clean, 'jpg'), pixels(file, 'jpg'));
    assert.equal(cleaned(clean), clean, 'a clean one stays as it is');
  });
}

const orientation = (file: Buffer) => {
  const path = join(folder, 'held.jpg');
  writeFileSync(path, file);
  return Number(execFileSync('identify', ['-format', '%[EXIF:Orientation]', path]).toString());
};

for (const order of ['II', 'MM'] as const) {
  test(`a photo stays as the camera was held, and nothing else of its notes (${order})`, () => {
    const file = draw('held.jpg');
    for (const value of [2, 3, 4, 5, 6, 7, 8]) {
      const full = withMore(file, 2, cameraNotes(SECRET, order, held(value)), EXIF);
      assert.is(orientation(full), value, 'the test writes what a camera writes');
      const clean = cleaned(full);
      assert.is(orientation(clean), value);
      assert.not(clean.includes(SECRET));
      assert.is(clean.length, cleaned(file).length + 36);
      assert.is(clean.indexOf('Exif'), clean.lastIndexOf('Exif'), 'once');
      assert.equal(cleaned(clean), clean, 'a clean one stays as it is');
    }
  });

  test(`notes that name no such position are left out whole (${order})`, () => {
    const file = draw('held.jpg');
    const entries: [string, (put: (value: number) => Buffer) => Buffer][] = [
      ['upright', held(1)],
      ['none', held(0)],
      ['nine', held(9)],
      ['many', held(65535)],
      ['a long number', (put) => held(6)(put).fill(put(4), 2, 4)],
      ['two of them', (put) => held(6)(put).fill(2, 4, 8)],
      ['another tag', (put) => held(6)(put).fill(put(0x0113), 0, 2)],
    ];
    for (const [name, entry] of entries) {
      const clean = cleaned(withMore(file, 2, cameraNotes(SECRET, order, entry)));
      assert.equal(clean, cleaned(file), name);
    }
    const notes = cameraNotes(SECRET, order, held(6));
    for (let length = 4; length < 10 + 8 + 2 + 24; length += 1) {
      const cut = segment(0xe1, notes.subarray(4, length));
      assert.equal(cleaned(withMore(file, 2, cut)), cleaned(file), `cut at ${length}`);
    }
  });
}

test('the small picture in the head of a JPEG is left out', () => {
  const file = draw('head.jpg');
  const body = Buffer.concat([
    Buffer.from('JFIF\0\x01\x01\0\0\x48\0\x48\x02\x02'),
    Buffer.alloc(12, 9),
  ]);
  const end = 4 + file.readUInt16BE(4);
  const full = Buffer.concat([file.subarray(0, 2), segment(0xe0, body), file.subarray(end)]);
  const clean = cleaned(full);
  assert.is(clean.readUInt16BE(4), 16);
  assert.equal([clean[18], clean[19]], [0, 0]);
  assert.not(clean.includes(Buffer.alloc(12, 9)));
  assert.is(pixels(clean, 'jpg'), pixels(file, 'jpg'));
});

test('PNG: texts, times, profiles and EXIF go, transparency and every pixel stay', () => {
  const file = draw('drawn.png', '-alpha', 'set', '-channel', 'A', '-evaluate', 'set', '40%');
  const notes = ['tEXt', 'zTXt', 'iTXt', 'eXIf', 'tIME', 'iCCP', 'vpAg'].map((type) =>
    chunk(type, SECRET),
  );
  const full = Buffer.concat([withMore(file, 33, ...notes), Buffer.from(SECRET)]);
  const clean = cleaned(full);
  assert.not(clean.includes(SECRET));
  for (const type of ['tEXt', 'eXIf', 'tIME', 'iCCP']) assert.not(clean.includes(type), type);
  assert.is(pixels(clean, 'png'), pixels(file, 'png'));
});

test('what is cut off, wrong or of another kind is not given out as a clean picture', () => {
  const jpeg = draw('some.jpg');
  const png = draw('some.png');
  const unclean: [string, Buffer, string?][] = [
    ['no end', jpeg.subarray(0, -2)],
    ['half', jpeg.subarray(0, jpeg.length / 2)],
    ['two bytes', jpeg.subarray(0, 2)],
    ['no scan', Buffer.from([0xff, 0xd8, 0xff, 0xd9])],
    ['a length beyond the end', withMore(jpeg, 2, Buffer.from([0xff, 0xe1, 0xff, 0xff]))],
    ['a length of nothing', withMore(jpeg, 2, Buffer.from([0xff, 0xe1, 0, 0]))],
    ['no marker', withMore(jpeg, 2, Buffer.from(SECRET))],
    ['half a PNG', png.subarray(0, png.length / 2)],
    ['only the start of a PNG', png.subarray(0, 8)],
    ['a part nobody knows', withMore(png, 33, chunk('SECR', SECRET))],
    ['a second head', withMore(png, 33, png.subarray(8, 33))],
    ['a head that is not first', withMore(png, 8, chunk('tEXt', 'x'))],
    [
      'thousands of parts',
      withMore(
        png,
        33,
        ...Array.from({ length: 2000 }, (_, n) => {
          return chunk(n % 2 ? 'tEXt' : 'tRNS', '');
        }),
      ),
    ],
    ['says that it is a JPEG', Buffer.from(SECRET), 'image/jpeg'],
    ['WebP', Buffer.from('RIFFxxxxWEBPVP8 ')],
    ['TIFF', Buffer.from('II*\0and more of it')],
    ['HEIC', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0')],
    ...OTHER_PICTURES,
    ['half a GIF', GIF.subarray(0, -1)],
    ['a GIF of nothing', Buffer.concat([GIF.subarray(0, 19), Buffer.from(';')])],
    ['a GIF with a part nobody knows', withMore(GIF, 19, Buffer.from('!\x07\0'))],
    ['a GIF with words where a number is', withMore(GIF, 19, gifPart(0xf9, SECRET))],
    ['says that it is a drawing', Buffer.from('<svg/>'), 'image/svg+xml'],
    ['a kind that nobody has thought of', Buffer.from(SECRET), 'image/x-of-tomorrow'],
    ['says that it is a BMP', Buffer.from(SECRET), 'image/bmp'],
  ];
  for (const [name, file, declared = ''] of unclean) {
    assert.is(cleanPicture(file, declared).type, 'unclean', name);
  }
  const others = [
    ...['', '\xff', '<svg/>', 'BM', '%PDF-1.4', 'RIFFxxxxWAVE', SECRET],
    ...['\0\0\0\x18ftypisom\0\0\0\0isommp41', '\0\0\0\x14ftyp3gp4\0\0\0\0isomheic'],
  ];
  for (const file of others)
    assert.is(cleanPicture(Buffer.from(file, 'latin1'), '').type, 'other', file);
  for (const [start, type] of [
    ['BM', 'image/bmp'],
    ['BM', 'image/x-ms-bmp'],
    ['AT&TFORM', 'image/vnd.djvu'],
    [SECRET, 'audio/ogg'],
  ] as const) {
    assert.is(cleanPicture(Buffer.from(start), type).type, 'other', type);
  }
});

test('GIF: comments and notes of programs go; every picture of a film, its speed and its repeats stay', () => {
  const path = join(folder, 'film.gif');
  const frames = ['xc:red', 'xc:blue', 'plasma:'].flatMap((one) => ['-size', '40x30', one]);
  execFileSync('convert', ['-delay', '20', '-loop', '3', ...frames, path]);
  const film = readFileSync(path);
  const end = film.length - 1;
  const told = withMore(film, end, gifPart(0xfe, SECRET), gifPart(0xff, `XMP DataXMP\0${SECRET}`));
  const after = 13 + ((film[10] ?? 0) & 0x80 ? 3 * 2 ** (((film[10] ?? 0) & 7) + 1) : 0);
  const full = Buffer.concat([
    withMore(told, after, gifPart(0xfe, SECRET), gifPart(0x01, SECRET)),
    Buffer.from(SECRET),
  ]);
  const seen = (picture: Buffer) => {
    writeFileSync(path, picture);
    return execFileSync('identify', ['-format', '%# %T %p\n', path]).toString();
  };
  const found = cleanPicture(full, '');
  assert.is(found.type === 'clean' && found.mimeType, 'image/gif');
  const clean = cleaned(full);
  assert.not(clean.includes(SECRET));
  assert.is(seen(clean), seen(film));
  assert.is(seen(clean).split('\n').length, 4);
  assert.equal(clean, film, 'also how often it is repeated');
  assert.equal(cleaned(clean), clean, 'a clean one stays as it is');
  assert.equal(cleaned(GIF), GIF);
  const random = seeded(10);
  for (let n = 0; n < 10_000; n += 1) {
    const file = Buffer.from(withMore(GIF, 19, gifPart(0xfe, 'x'), gifPart(0xff, 'NETSCAPE2.0')));
    for (let m = 0; m < 3; m += 1) file[6 + random.below(file.length - 6)] = random.below(256);
    const damaged = cleanPicture(file, '');
    if (damaged.type === 'clean') {
      assert.is(joinPieces(file, damaged.pieces).length, sizeOfPieces(damaged.pieces));
    } else assert.is(damaged.type, 'unclean');
  }
});

test('ten thousand damaged pictures: none stops the server, none keeps a word', () => {
  const random = seeded(26);
  const sources = [
    withMore(cleaned(draw('a.jpg')), 2, EXIF),
    withMore(cleaned(draw('b.png')), 33, chunk('eXIf', SECRET)),
    withMore(cleaned(draw('c.jpg')), 2, cameraNotes(SECRET, 'II', held(6))),
  ];
  for (let n = 0; n < 10_000; n += 1) {
    const file = Buffer.from(sources[n % 3] ?? '');
    // The words stay whole, so that they can be looked for, and so does the head of the part that they are in:
    // with another name it would be a part of the picture.
    for (let m = 0; m < 3; m += 1) {
      const at = 2 + random.below(file.length - 2);
      if (file.indexOf(SECRET) - 64 > at || at > file.indexOf(SECRET) + 40) {
        file[at] = random.below(256);
      }
    }
    const found = cleanPicture(file, '');
    if (found.type === 'clean') assert.not(joinPieces(file, found.pieces).includes(SECRET));
  }
});

test.run();
