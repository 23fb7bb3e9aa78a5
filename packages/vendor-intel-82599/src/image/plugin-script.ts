/** The plugin as one script, made by tools/plugin-image from src/plugin. */
export const PLUGIN_SCRIPT: string = `(() => {
// SPDX-License-Identifier: GPL-2.0-only
var plugin = (function(exports) {
	Object.defineProperty(exports, Symbol.toStringTag, { value: "Module" });
	// packages/plugin-api/src/layout/window.ts
	const STATE_MAGIC = 1396789326;
	const State = {
		magic: 0,
		apiVersion: 1,
		txQueues: 2,
		rxQueues: 3,
		interrupts: 4,
		sharedOffset: 5,
		sharedBytes: 6,
		privateOffset: 7,
		privateBytes: 8,
		sendInfoOffset: 9,
		sgListOffset: 10,
		recvFrameOffset: 11,
		bufferLo: 12,
		bufferHi: 13,
		maxFrame: 14,
		deviceInfo: 16,
		txQueue: 48,
		rxQueue: 112,
		words: 176
	};
	const Queue = {
		handle: 0,
		ringOffset: 1,
		ringLo: 2,
		ringHi: 3,
		ringSize: 4,
		ringBytes: 5,
		interrupt: 6,
		words: 8
	};
	const SendInfo = {
		ipHeaderOffset: 0,
		l4HeaderOffset: 1,
		l4DataOffset: 2,
		flags: 3,
		vlanTag: 4,
		words: 8
	};
	const SendFlag = {
		vlan: 1,
		checksum: 2,
		ipv4: 4,
		ipv6: 8,
		udp: 16
	};
	const SgList = {
		elements: 0,
		totalLength: 1,
		element: 2,
		elementWords: 3,
		words: 52
	};
	const RecvFrame = {
		byteLength: 0,
		elements: 1,
		firstOffset: 2,
		flags: 3,
		vlanTag: 4,
		ipXsum: 5,
		l4Xsum: 6,
		element: 8,
		elementWords: 2,
		words: 40
	};
	const RecvFlag = {
		vlan: 1,
		ipv4: 2,
		ipv6: 4,
		tcp: 8,
		udp: 16
	};
	const Xsum = {
		unknown: 0,
		correct: 1,
		incorrect: 2
	};
	// packages/vendor-intel-common/src/layout/rings.ts
	const DeviceInfo = {
		layout: 0,
		throttle: 1,
		words: 2
	};
	const PRIVATE_BYTES = 1024;
	const RING_STEP = 8;
	const RING_MIN = 32;
	const RING_MAX = 8192;
	function ringBytes(descriptors) {
		return descriptors >= RING_MIN && descriptors <= RING_MAX && descriptors % RING_STEP === 0 ? descriptors * 16 : 0;
	}
	// packages/vendor-intel-common/src/layout/descriptors.ts
	const TxCommand = {
		context: 2097152,
		data: 3145728,
		endOfPacket: 16777216,
		insertFcs: 33554432,
		reportStatus: 134217728,
		extended: 536870912,
		insertVlan: 1073741824
	};
	const TxInfo = {
		done: 1,
		checkContext: 128,
		insertL4Checksum: 512,
		lengthShift: 14
	};
	const TxContext = {
		ipLengthMax: 511,
		macLengthShift: 9,
		macLengthMax: 127,
		vlanShift: 16,
		vlanAndMacLength: 4294966784,
		ipv4: 1024,
		tcp: 2048,
		udp: 0
	};
	const RxType = {
		ipv4: 48,
		ipv6: 192,
		tcp: 256,
		udp: 512
	};
	const RxStatus = {
		done: 1,
		endOfPacket: 2,
		vlan: 8,
		l4Checked: 32,
		ipChecked: 64
	};
	// packages/vendor-intel-common/src/plugin/private-area.ts
	const Tx = {
		next: 0,
		clean: 1,
		rung: 2,
		hasContext: 3,
		context0: 4,
		context2: 5
	};
	const Rx = {
		next: 0,
		tail: 1
	};
	const RECORD = 8;
	function ownWords(window) {
		return window[State.privateOffset] >> 2;
	}
	function txOwn(window, queue) {
		return ownWords(window) + RECORD + queue * RECORD;
	}
	function rxOwn(window, queue) {
		return txOwn(window, 8 + queue);
	}
	function txRecord(queue) {
		return State.txQueue + queue * Queue.words;
	}
	function rxRecord(queue) {
		return State.rxQueue + queue * Queue.words;
	}
	// packages/vendor-intel-common/src/plugin/ring-span.ts
	function after(at, size) {
		return at + 1 === size ? 0 : at + 1;
	}
	function distance(from, to, size) {
		return to >= from ? to - from : to - from + size;
	}
	function syncSpan(sync, ring, size, from, to) {
		if (to < from) {
			sync(ring + from * 16, (size - from) * 16);
			if (to > 0) sync(ring, to * 16);
		} else if (to > from) sync(ring + from * 16, (to - from) * 16);
	}
	// packages/vendor-intel-common/src/plugin/receive.ts
	function reinitRxRing(env, queue) {
		const w = env.window;
		const ring = w[rxRecord(queue) + Queue.ringOffset] >> 2;
		w.fill(0, ring, ring + w[rxRecord(queue) + Queue.ringSize] * 4);
		const own = rxOwn(w, queue);
		w[own + Rx.next] = 0;
		w[own + Rx.tail] = 0;
		return 0;
	}
	function addBuffersToRxRing(env, chip, queue) {
		const w = env.window;
		const record = rxRecord(queue);
		const own = rxOwn(w, queue);
		const size = w[record + Queue.ringSize];
		const ring = w[record + Queue.ringOffset];
		const first = w[own + Rx.tail];
		let tail = first;
		for (let room = size - 1 - distance(w[own + Rx.next], tail, size); room > 0; room--) {
			if (env.shell.allocSmallBuffer(w[record + Queue.handle], tail) === 0) break;
			const d = (ring >> 2) + tail * 4;
			w[d] = w[State.bufferLo];
			w[d + 1] = w[State.bufferHi];
			w[d + 2] = 0;
			w[d + 3] = 0;
			tail = after(tail, size);
		}
		if (tail === first) return 0;
		syncSpan(env.syncForDevice, ring, size, first, tail);
		w[own + Rx.tail] = tail;
		env.mmioWrite32(chip.rxTail + queue * chip.queueStride, tail);
		return 0;
	}
	function checkRxRing(env, chip, queue, max) {
		const w = env.window;
		const record = rxRecord(queue);
		const own = rxOwn(w, queue);
		const size = w[record + Queue.ringSize];
		const ring = w[record + Queue.ringOffset];
		const next = w[own + Rx.next];
		const posted = distance(next, w[own + Rx.tail], size);
		syncSpan(env.syncForCpu, ring, size, next, (next + Math.min(posted, max)) % size);
		let frames = 0;
		while (frames < max && takeFrame(w, chip, own, ring >> 2, size)) {
			env.shell.indicateRecv(w[record + Queue.handle]);
			frames++;
		}
		return frames;
	}
	function receivedWaits(env, queue) {
		const w = env.window;
		const record = rxRecord(queue);
		const next = w[rxOwn(w, queue) + Rx.next];
		const size = w[record + Queue.ringSize];
		const ring = w[record + Queue.ringOffset];
		if (next === w[rxOwn(w, queue) + Rx.tail]) return false;
		syncSpan(env.syncForCpu, ring, size, next, after(next, size));
		return (Atomics.load(w, (ring >> 2) + next * 4 + 2) & RxStatus.done) !== 0;
	}
	function takeFrame(w, chip, own, ring, size) {
		const frame = w[State.recvFrameOffset] >> 2;
		const first = w[own + Rx.next];
		const tail = w[own + Rx.tail];
		let at = first;
		let bytes = 0;
		let elements = 0;
		for (;;) {
			const d = ring + at * 4;
			if (at === tail) return false;
			const status = Atomics.load(w, d + 2);
			if ((status & RxStatus.done) === 0) return false;
			const length = w[d + 3] & 65535;
			const element = frame + RecvFrame.element + elements * RecvFrame.elementWords;
			w[element] = at;
			w[element + 1] = length;
			bytes += length;
			elements++;
			at = after(at, size);
			if ((status & RxStatus.endOfPacket) !== 0) {
				describe(w, chip, frame, w[d], status, w[d + 3] >>> 16);
				break;
			}
		}
		w[frame + RecvFrame.byteLength] = bytes;
		w[frame + RecvFrame.elements] = elements;
		w[frame + RecvFrame.firstOffset] = 0;
		for (let i = first; i !== at; i = after(i, size)) w[ring + i * 4 + 2] = 0;
		w[own + Rx.next] = at;
		return true;
	}
	function describe(w, chip, frame, type, status, tag) {
		let flags = 0;
		if ((type & RxType.ipv4) !== 0) flags |= RecvFlag.ipv4;
		if ((type & RxType.ipv6) !== 0) flags |= RecvFlag.ipv6;
		if ((type & RxType.tcp) !== 0) flags |= RecvFlag.tcp;
		if ((type & RxType.udp) !== 0) flags |= RecvFlag.udp;
		if ((status & RxStatus.vlan) !== 0) flags |= RecvFlag.vlan;
		w[frame + RecvFrame.flags] = flags;
		w[frame + RecvFrame.vlanTag] = (status & RxStatus.vlan) !== 0 ? tag : 0;
		w[frame + RecvFrame.ipXsum] = verdict(status, RxStatus.ipChecked, chip.errors.ip);
		w[frame + RecvFrame.l4Xsum] = l4Verdict(chip, type, status);
	}
	function verdict(status, checked, error) {
		if ((status & checked) === 0) return Xsum.unknown;
		return (status & error) === 0 ? Xsum.correct : Xsum.incorrect;
	}
	function l4Verdict(chip, type, status) {
		const found = verdict(status, RxStatus.l4Checked, chip.errors.l4);
		return found === Xsum.incorrect && (type & RxType.udp) !== 0 ? Xsum.unknown : found;
	}
	// packages/vendor-intel-common/src/plugin/interrupts.ts
	const VECTOR_VALID = 128;
	function enableInterrupt(env, chip, index) {
		const w = env.window;
		if (index < 0 || index >= w[State.interrupts]) return 1;
		const bit = 1 << index;
		const throttled = ownWords(w) + 0;
		if ((w[throttled] & bit) === 0) {
			if (w[throttled] === 0 && chip.vectors !== void 0) env.mmioWrite32(chip.vectors, vectorsOf(w));
			w[throttled] |= bit;
			env.mmioWrite32(chip.throttle + 4 * index, w[State.deviceInfo + DeviceInfo.throttle]);
		}
		env.mmioWrite32(chip.causeEnable, bit);
		for (let queue = 0; queue < w[State.rxQueues]; queue++) {
			if (w[rxRecord(queue) + Queue.interrupt] !== index || !receivedWaits(env, queue)) continue;
			env.mmioWrite32(chip.causeSet, bit);
			break;
		}
		return 0;
	}
	function vectorsOf(w) {
		let entries = 0;
		for (let queue = 0; queue < w[State.rxQueues]; queue++) entries |= (VECTOR_VALID | w[rxRecord(queue) + Queue.interrupt]) << 16 * queue;
		for (let queue = 0; queue < w[State.txQueues]; queue++) entries |= (VECTOR_VALID | w[txRecord(queue) + Queue.interrupt]) << 16 * queue + 8;
		return entries >>> 0;
	}
	function disableInterrupt(env, chip, index) {
		if (index < 0 || index >= env.window[State.interrupts]) return 1;
		env.mmioWrite32(chip.causeDisable, 1 << index);
		return 0;
	}
	// packages/vendor-intel-common/src/plugin/sw-init.ts
	const Refusal = {
		magic: 1,
		layout: 2,
		privateArea: 3,
		ring: 4
	};
	function swInit(env) {
		const w = env.window;
		const refuse = (code, found, wanted) => {
			env.shell.log(code, found, wanted);
			return 1;
		};
		if (w[State.magic] !== 1396789326) return refuse(Refusal.magic, w[State.magic], STATE_MAGIC);
		const layout = w[State.deviceInfo + DeviceInfo.layout];
		if (layout !== 1) return refuse(Refusal.layout, layout, 1);
		const own = w[State.privateBytes];
		if (own < 1024) return refuse(Refusal.privateArea, own, PRIVATE_BYTES);
		const records = [...Array.from({ length: w[State.txQueues] }, (_, queue) => txRecord(queue)), ...Array.from({ length: w[State.rxQueues] }, (_, queue) => rxRecord(queue))];
		for (const record of records) {
			const wanted = ringBytes(w[record + Queue.ringSize]);
			const found = w[record + Queue.ringBytes];
			if (wanted === 0 || found < wanted) return refuse(Refusal.ring, found, wanted);
		}
		w.fill(0, ownWords(w), ownWords(w) + 256);
		return 0;
	}
	// packages/vendor-intel-common/src/plugin/transmit.ts
	function reinitTxRing(env, queue) {
		const w = env.window;
		const ring = w[txRecord(queue) + Queue.ringOffset] >> 2;
		w.fill(0, ring, ring + w[txRecord(queue) + Queue.ringSize] * 4);
		const own = txOwn(w, queue);
		w[own + Tx.next] = 0;
		w[own + Tx.clean] = 0;
		w[own + Tx.rung] = 0;
		w[own + Tx.hasContext] = 0;
		return 0;
	}
	function addFrameToTxRing(env, chip, queue, last) {
		const w = env.window;
		const record = txRecord(queue);
		const own = txOwn(w, queue);
		const size = w[record + Queue.ringSize];
		const ring = w[record + Queue.ringOffset] >> 2;
		const list = w[State.sgListOffset] >> 2;
		const info = w[State.sendInfoOffset] >> 2;
		const elements = w[list + SgList.elements];
		const context0 = contextWord0(w, info);
		const context2 = contextWord2(w, info);
		const fresh = needsContext(w, own, info, context0, context2);
		const free = size - 1 - distance(w[own + Tx.clean], w[own + Tx.next], size);
		if (elements + (fresh ? 1 : 0) > free) {
			ringDoorbell(env, chip, queue);
			return 1;
		}
		let at = w[own + Tx.next];
		if (fresh) {
			writeContext(w, ring + at * 4, context0, context2);
			w[own + Tx.hasContext] = 1;
			w[own + Tx.context0] = context0;
			w[own + Tx.context2] = context2;
			at = after(at, size);
		}
		const flags = w[info + SendInfo.flags];
		let command = TxCommand.data | TxCommand.extended | TxCommand.insertFcs;
		if ((flags & SendFlag.vlan) !== 0) command |= TxCommand.insertVlan;
		let options = TxInfo.checkContext | w[list + SgList.totalLength] << TxInfo.lengthShift;
		if ((flags & SendFlag.checksum) !== 0) options |= TxInfo.insertL4Checksum;
		let element = list + SgList.element;
		for (let left = elements; left > 0; left--) {
			const d = ring + at * 4;
			const end = left === 1 ? TxCommand.endOfPacket | TxCommand.reportStatus : 0;
			w[d] = w[element];
			w[d + 1] = w[element + 1];
			w[d + 2] = command | end | w[element + 2];
			w[d + 3] = options;
			element += SgList.elementWords;
			at = after(at, size);
		}
		w[own + Tx.next] = at;
		if (last !== 0) ringDoorbell(env, chip, queue);
		return 0;
	}
	function ringDoorbell(env, chip, queue) {
		const w = env.window;
		const record = txRecord(queue);
		const own = txOwn(w, queue);
		const next = w[own + Tx.next];
		if (next === w[own + Tx.rung]) return;
		syncSpan(env.syncForDevice, w[record + Queue.ringOffset], w[record + Queue.ringSize], w[own + Tx.rung], next);
		w[own + Tx.rung] = next;
		env.mmioWrite32(chip.txTail + queue * chip.queueStride, next);
	}
	function contextWord0(w, info) {
		const flags = w[info + SendInfo.flags];
		const tag = (flags & SendFlag.vlan) === 0 ? 0 : w[info + SendInfo.vlanTag] << TxContext.vlanShift;
		if ((flags & SendFlag.checksum) === 0) return tag | 14 << TxContext.macLengthShift;
		const ip = w[info + SendInfo.ipHeaderOffset];
		return tag | ip << TxContext.macLengthShift | w[info + SendInfo.l4HeaderOffset] - ip;
	}
	function contextWord2(w, info) {
		const flags = w[info + SendInfo.flags];
		const l4 = (flags & SendFlag.udp) !== 0 ? TxContext.udp : TxContext.tcp;
		return TxCommand.context | TxCommand.extended | l4 | ((flags & SendFlag.ipv4) !== 0 ? TxContext.ipv4 : 0);
	}
	function isDone(w, descriptor) {
		return (Atomics.load(w, descriptor + 3) & TxInfo.done) !== 0;
	}
	function needsContext(w, own, info, context0, context2) {
		if (w[own + Tx.hasContext] === 0) return true;
		if ((w[info + SendInfo.flags] & SendFlag.checksum) !== 0) return w[own + Tx.context0] !== context0 || w[own + Tx.context2] !== context2;
		return ((w[own + Tx.context0] ^ context0) & TxContext.vlanAndMacLength) !== 0;
	}
	function writeContext(w, d, context0, context2) {
		w[d] = context0;
		w[d + 1] = 0;
		w[d + 2] = context2;
		w[d + 3] = 0;
	}
	function checkTxRing(env, queue) {
		const w = env.window;
		const record = txRecord(queue);
		const own = txOwn(w, queue);
		const size = w[record + Queue.ringSize];
		const ring = w[record + Queue.ringOffset];
		const end = w[own + Tx.rung];
		let at = w[own + Tx.clean];
		syncSpan(env.syncForCpu, ring, size, at, end);
		let frames = 0;
		while (at !== end) {
			const d = (ring >> 2) + at * 4;
			at = after(at, size);
			if (isDone(w, d)) {
				for (let i = w[own + Tx.clean]; i !== at; i = after(i, size)) if (isDone(w, (ring >> 2) + i * 4)) frames++;
				w[own + Tx.clean] = at;
			} else if ((w[d + 2] & TxCommand.endOfPacket) !== 0) break;
		}
		if (frames > 0) env.shell.completeSend(w[record + Queue.handle], frames);
		return frames;
	}
	// packages/vendor-intel-common/src/plugin/intel-plugin.ts
	function intelPlugin(chip) {
		return (env, api) => {
			api.swInit = () => swInit(env);
			api.reinitRxRing = (queue) => reinitRxRing(env, queue);
			api.reinitTxRing = (queue) => reinitTxRing(env, queue);
			api.enableInterrupt = (index) => enableInterrupt(env, chip, index);
			api.disableInterrupt = (index) => disableInterrupt(env, chip, index);
			api.addFrameToTxRing = (queue, last) => addFrameToTxRing(env, chip, queue, last);
			api.checkTxRing = (queue) => checkTxRing(env, queue);
			api.checkRxRing = (queue, max) => checkRxRing(env, chip, queue, max);
			api.addBuffersToRxRing = (queue) => addBuffersToRxRing(env, chip, queue);
			return 0;
		};
	}
	exports.NPA_PluginMain = intelPlugin({
		causeSet: 260,
		causeEnable: 264,
		causeDisable: 268,
		throttle: 2080,
		rxTail: 4120,
		txTail: 8216,
		queueStride: 64,
		errors: {
			l4: 1073741824,
			ip: 2147483648
		}
	});
	return exports;
})({});
return plugin.NPA_PluginMain;
})()`
