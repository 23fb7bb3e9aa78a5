;; The two ends of an SPSC ring for WebAssembly, called from JavaScript or imported by other modules. An instance is one end: what it
;; knows of the ring stands in its globals, where nobody who shares the memory can change it. Layout: layout.ts. Assembled into
;; ring-module.ts by tools/wat.
(module
  (import "ring" "memory" (memory 1 65536 shared))
  (import "ring" "records" (global $records i32))   ;; address of the first record
  (import "ring" "capacity" (global $capacity i32)) ;; records, a power of two
  (import "ring" "bytes" (global $bytes i32))       ;; of a record, a multiple of 4
  (import "ring" "own" (global $ownAt i32))         ;; address of this end's index
  (import "ring" "other" (global $otherAt i32))     ;; address of the other end's
  (import "ring" "first" (global $first i32))       ;; this end's index
  (import "ring" "seen" (global $firstSeen i32))    ;; the other end's, as far as it is believed
  (global $own (mut i32) (global.get $first))
  (global $seen (mut i32) (global.get $firstSeen))

  ;; Records, $wanted at most, that there is room for.
  (func $reserve (export "reserve") (param $wanted i32) (result i32) (local $free i32) (local $head i32) (local $used i32)
    (local.set $free (i32.sub (global.get $capacity) (i32.sub (global.get $own) (global.get $seen))))
    (if (i32.lt_s (local.get $free) (local.get $wanted)) (then
      (local.set $head (i32.atomic.load (global.get $otherAt)))
      (local.set $used (i32.sub (global.get $own) (local.get $head)))
      ;; a head that no consumer could have is not believed
      (if (i32.le_u (local.get $used) (global.get $capacity)) (then
        (global.set $seen (local.get $head))
        (local.set $free (i32.sub (global.get $capacity) (local.get $used)))))))
    (select (local.get $free) (local.get $wanted) (i32.lt_s (local.get $free) (local.get $wanted))))

  ;; Records, $wanted at most, that can be read.
  (func $peek (export "peek") (param $wanted i32) (result i32) (local $there i32) (local $tail i32) (local $claimed i32)
    (local.set $there (i32.sub (global.get $seen) (global.get $own)))
    (if (i32.lt_s (local.get $there) (local.get $wanted)) (then
      (local.set $tail (i32.atomic.load (global.get $otherAt)))
      (local.set $claimed (i32.sub (local.get $tail) (global.get $own)))
      ;; a tail that no producer could have shows no records
      (if (i32.and
            (i32.ge_u (local.get $claimed) (local.get $there))
            (i32.le_u (local.get $claimed) (global.get $capacity))) (then
        (global.set $seen (local.get $tail))
        (local.set $there (local.get $claimed))))))
    (select (local.get $there) (local.get $wanted) (i32.lt_s (local.get $there) (local.get $wanted))))

  ;; Address of the record $ahead places after this end's index.
  (func $slot (export "slot") (param $ahead i32) (result i32)
    (i32.add (global.get $records) (i32.mul (global.get $bytes)
      (i32.and (i32.add (global.get $own) (local.get $ahead)) (i32.sub (global.get $capacity) (i32.const 1))))))

  ;; Moves this end's index on: hands records over, or their room back.
  (func $advance (export "advance") (param $count i32)
    (global.set $own (i32.add (global.get $own) (local.get $count)))
    (i32.atomic.store (global.get $ownAt) (global.get $own)))

  ;; Copies up to $count records from $from on into the ring; records taken.
  (func (export "push") (param $from i32) (param $count i32) (result i32) (local $taken i32) (local $part i32)
    (if (i32.eqz (local.tee $taken (call $reserve (local.get $count)))) (then (return (i32.const 0))))
    (local.set $part (call $part (local.get $taken)))
    (call $move (call $slot (i32.const 0)) (local.get $from) (local.get $part))
    (call $move (global.get $records) (i32.add (local.get $from) (local.get $part))
      (i32.sub (i32.mul (local.get $taken) (global.get $bytes)) (local.get $part)))
    (call $advance (local.get $taken))
    (local.get $taken))

  ;; Copies up to $count records to $to on and gives their room back; records taken.
  (func (export "pop") (param $to i32) (param $count i32) (result i32) (local $taken i32) (local $part i32)
    (if (i32.eqz (local.tee $taken (call $peek (local.get $count)))) (then (return (i32.const 0))))
    (local.set $part (call $part (local.get $taken)))
    (call $move (local.get $to) (call $slot (i32.const 0)) (local.get $part))
    (call $move (i32.add (local.get $to) (local.get $part)) (global.get $records)
      (i32.sub (i32.mul (local.get $taken) (global.get $bytes)) (local.get $part)))
    (call $advance (local.get $taken))
    (local.get $taken))

  ;; Bytes of $count records that stand before the end of the ring.
  (func $part (param $count i32) (result i32) (local $left i32)
    (local.set $left (i32.sub (global.get $capacity)
      (i32.and (global.get $own) (i32.sub (global.get $capacity) (i32.const 1)))))
    (i32.mul (global.get $bytes)
      (select (local.get $count) (local.get $left) (i32.lt_u (local.get $count) (local.get $left)))))

  ;; Moves bytes, a multiple of 4, between places that do not overlap: 16 at a time, as batches are short.
  (func $move (param $to i32) (param $from i32) (param $bytes i32) (local $end i32)
    (local.set $end (i32.add (local.get $from) (i32.and (local.get $bytes) (i32.const -16))))
    (block $rest (loop $block
      (br_if $rest (i32.eq (local.get $from) (local.get $end)))
      (v128.store (local.get $to) (v128.load (local.get $from)))
      (local.set $to (i32.add (local.get $to) (i32.const 16)))
      (local.set $from (i32.add (local.get $from) (i32.const 16)))
      (br $block)))
    (local.set $end (i32.add (local.get $end) (i32.and (local.get $bytes) (i32.const 15))))
    (block $done (loop $word
      (br_if $done (i32.eq (local.get $from) (local.get $end)))
      (i32.store (local.get $to) (i32.load (local.get $from)))
      (local.set $to (i32.add (local.get $to) (i32.const 4)))
      (local.set $from (i32.add (local.get $from) (i32.const 4)))
      (br $word)))))
