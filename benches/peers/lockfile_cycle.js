// lockfile_cycle.js DIR CYCLES HELD: as src/main.rs, for proper-lockfile.
const path = require("path");
const lockfile = require("proper-lockfile");

const WARM_UP = 50;
const options = { realpath: false };

async function cycle(file, cycles) {
  const times = [];
  for (let n = 0; n < WARM_UP + cycles; n++) {
    const begun = process.hrtime.bigint();
    const release = await lockfile.lock(file, options);
    await release();
    times.push(Number(process.hrtime.bigint() - begun) / 1e3);
  }
  return times.slice(WARM_UP).map((it) => it.toFixed(1)).join(" ");
}

async function main([directory, cycles, held]) {
  const file = path.join(directory, "lockfile");
  console.log(["proper-lockfile", 0, await cycle(file, Number(cycles))].join("\t"));
  for (let n = 0; n < Number(held); n++) {
    await lockfile.lock(path.join(directory, `other${n}`), options);
  }
  console.log(["proper-lockfile", held, await cycle(file, Number(cycles))].join("\t"));
  // It keeps what it holds alive, and this process with it.
  process.exit(0);
}

main(process.argv.slice(2));
