;; Moves and sums of bytes of one memory, which in JavaScript would take most of a frame's time: typed arrays on shared memory move
;; several times slower, and add word by word. Assembled into bytes-module.ts by tools/wat.
(module
  (import "arena" "memory" (memory 1 65536 shared))
  (func (export "copy") (param $to i32) (param $from i32) (param $bytes i32)
    (memory.copy (local.get $to) (local.get $from) (local.get $bytes)))

  ;; Descriptors of 16 bytes, whose own bit is in the second half: each half is one store, the second one an atomic store, so that
  ;; another thread that sees the own bit sees all that was written before it, and no byte is written twice.
  (func (export "writeBack") (param $to i32) (param $from i32) (param $bytes i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $to) (local.get $bytes)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $to) (local.get $end)))
        (i64.store (local.get $to) (i64.load (local.get $from)))
        (i64.atomic.store offset=8 (local.get $to) (i64.load offset=8 (local.get $from)))
        (local.set $to (i32.add (local.get $to) (i32.const 16)))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (br $next))))

  ;; The sum of 16-bit words, low byte first, with its carries added back in; an odd last byte is a word of its own. A lane takes two
  ;; words of each block, so that 64 KiB do not overflow it, nor all four together.
  (func (export "sum") (param $at i32) (param $bytes i32) (param $sum i32) (result i32)
    (local $end i32) (local $lanes v128)
    (local.set $end (i32.add (local.get $at) (local.get $bytes)))
    (block $short
      (loop $block
        (br_if $short (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 16)))
        (local.set $lanes
          (i32x4.add (local.get $lanes) (i32x4.extadd_pairwise_i16x8_u (v128.load (local.get $at)))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $block)))
    (local.set $sum (i32.add (local.get $sum)
      (i32.add
        (i32.add (i32x4.extract_lane 0 (local.get $lanes)) (i32x4.extract_lane 1 (local.get $lanes)))
        (i32.add (i32x4.extract_lane 2 (local.get $lanes)) (i32x4.extract_lane 3 (local.get $lanes))))))
    (block $odd
      (loop $word
        (br_if $odd (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 2)))
        (local.set $sum (i32.add (local.get $sum) (i32.load16_u (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 2)))
        (br $word)))
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $at))))))
    (local.set $sum (i32.add (i32.and (local.get $sum) (i32.const 0xffff)) (i32.shr_u (local.get $sum) (i32.const 16))))
    (i32.add (i32.and (local.get $sum) (i32.const 0xffff)) (i32.shr_u (local.get $sum) (i32.const 16)))))
