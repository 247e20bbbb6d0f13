// count-results FILE STATUS: prints "PASSED FAILED" of a vitest JSON report. A step without a report counts as one; a
// step that exited non-zero has at least one failure, whatever its report says.
const fs = require('node:fs');

const [file, status] = process.argv.slice(2);
const ok = status === '0';
let passed = ok ? 1 : 0;
let failed = ok ? 0 : 1;
if (fs.existsSync(file)) {
  const report = JSON.parse(fs.readFileSync(file, 'utf8'));
  passed = report.numPassedTests;
  failed = Math.max(report.numFailedTests, ok ? 0 : 1);
}
console.log(`${passed} ${failed}`);
