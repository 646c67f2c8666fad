// Runs ONNX models in ONNX Runtime. The argument is a file of jobs: [{model, input, type, shape, output}]; input and output are raw numbers.
const fs = require('fs');
const ort = require(process.env.ONNXRUNTIME);

async function main() {
  for (const job of JSON.parse(fs.readFileSync(process.argv[2], 'utf8'))) {
    const session = await ort.InferenceSession.create(job.model, {
      intraOpNumThreads: 1,
      extra: { session: { x64quantprecision: '1' } }, // 8 bits give the same on processors without instructions for them
    });
    const bytes = fs.readFileSync(job.input);
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    const data = job.type === 'uint8' ? new Uint8Array(buffer) : new Float32Array(buffer);
    const results = await session.run({ [session.inputNames[0]]: new ort.Tensor(job.type, data, job.shape) });
    const logits = results[session.outputNames[0]];
    fs.writeFileSync(job.output, Buffer.from(logits.data.buffer, logits.data.byteOffset, logits.data.byteLength));
    await session.release();
  }
}

main().catch(problem => { console.error(problem); process.exit(1); });
