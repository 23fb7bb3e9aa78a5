;; A producer and a consumer in WebAssembly that use the ring's functions from another module. Records of 16 bytes, or of 64 whose further words
;; are numbers as well. Assembled into loops-module.ts by tools/wat.
(module
  (import "ring" "memory" (memory 1 65536 shared))
  (import "ring" "look" (func $look (param i32) (result i32)))   ;; reserve or peek
  (import "ring" "slot" (func $slot (param i32) (result i32)))
  (import "ring" "advance" (func $advance (param i32)))
  (import "ring" "begin" (global $begin i32)) ;; of the records
  (import "ring" "end" (global $end i32))
  (import "ring" "bytes" (global $bytes i32)) ;; of a record
  (import "ring" "idle" (global $idle i32))   ;; a word that nobody touches

  ;; Looks again while the other thread does nothing, after a pause as the C program makes one with an instruction for it: who looks all the time
  ;; takes the other's index away from it. Sleeps a little when the other thread does not even run.
  (func $await (param $wanted i32) (param $enough i32) (result i32) (local $there i32) (local $looks i32) (local $pause i32)
    (loop $again
      (local.set $there (call $look (local.get $wanted)))
      (if (i32.lt_s (local.get $there) (local.get $enough)) (then
        (local.set $looks (i32.add (local.get $looks) (i32.const 1)))
        (if (i32.eq (local.get $looks) (i32.const 20000)) (then
          (local.set $looks (i32.const 0))
          (drop (memory.atomic.wait32 (global.get $idle) (i32.const 0) (i64.const 50000)))))
        (local.set $pause (i32.const 100))
        (loop $count (br_if $count (local.tee $pause (i32.sub (local.get $pause) (i32.const 1)))))
        (br $again))))
    (local.get $there))

  (func (export "produce") (param $records i32) (param $batch i32) (local $n i32) (local $k i32) (local $p i32) (local $v v128)
    (loop $batches
      (drop (call $await (local.get $batch) (local.get $batch)))
      (local.set $p (call $slot (i32.const 0)))
      (local.set $k (local.get $batch))
      (loop $record
        (i64.store (local.get $p) (i64.shl (i64.extend_i32_u (local.get $n)) (i64.const 11)))
        (i64.store offset=8 (local.get $p) (i64.or (i64.const 64) (i64.shl (i64.extend_i32_u (local.get $n)) (i64.const 32))))
        (if (i32.ne (global.get $bytes) (i32.const 16)) (then
          (local.set $v (i32x4.splat (local.get $n)))
          (v128.store offset=16 (local.get $p) (i32x4.add (local.get $v) (v128.const i32x4 4 5 6 7)))
          (v128.store offset=32 (local.get $p) (i32x4.add (local.get $v) (v128.const i32x4 8 9 10 11)))
          (v128.store offset=48 (local.get $p) (i32x4.add (local.get $v) (v128.const i32x4 12 13 14 15)))))
        (local.set $p (i32.add (local.get $p) (global.get $bytes)))
        (if (i32.eq (local.get $p) (global.get $end)) (then (local.set $p (global.get $begin))))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if $record (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))
      (call $advance (local.get $batch))
      (br_if $batches (i32.lt_u (local.get $n) (local.get $records)))))

  (func (export "consume") (param $records i32) (param $batch i32) (result i32)
    (local $n i32) (local $k i32) (local $p i32) (local $there i32) (local $sum i32) (local $x i64) (local $y i64) (local $v v128)
    (loop $batches
      (local.set $there (call $await (local.get $batch) (i32.const 1)))
      (local.set $p (call $slot (i32.const 0)))
      (local.set $k (local.get $there))
      (loop $record
        (local.set $x (i64.load (local.get $p)))
        (local.set $y (i64.load offset=8 (local.get $p)))
        (local.set $sum (i32.add (local.get $sum) (i32.add
          (i32.xor (i32.wrap_i64 (local.get $x)) (i32.wrap_i64 (i64.shr_u (local.get $x) (i64.const 32))))
          (i32.add (i32.wrap_i64 (local.get $y)) (i32.wrap_i64 (i64.shr_u (local.get $y) (i64.const 32)))))))
        (if (i32.ne (global.get $bytes) (i32.const 16)) (then
          (local.set $v (i32x4.add (local.get $v) (v128.load offset=16 (local.get $p))))
          (local.set $v (i32x4.add (local.get $v) (v128.load offset=32 (local.get $p))))
          (local.set $v (i32x4.add (local.get $v) (v128.load offset=48 (local.get $p))))))
        (local.set $p (i32.add (local.get $p) (global.get $bytes)))
        (if (i32.eq (local.get $p) (global.get $end)) (then (local.set $p (global.get $begin))))
        (br_if $record (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))
      (local.set $n (i32.add (local.get $n) (local.get $there)))
      (call $advance (local.get $there))
      (br_if $batches (i32.lt_u (local.get $n) (local.get $records))))
    (i32.add (local.get $sum) (i32.add
      (i32.add (i32x4.extract_lane 0 (local.get $v)) (i32x4.extract_lane 1 (local.get $v)))
      (i32.add (i32x4.extract_lane 2 (local.get $v)) (i32x4.extract_lane 3 (local.get $v)))))))
