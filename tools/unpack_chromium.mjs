// Unpacks Chromium from its npm package, with its libraries and fonts, below the folder that TMPDIR names.
//
//     TMPDIR=node_modules/.chromium node tools/unpack_chromium.mjs

// The package brings the libraries that a plain system may lack, but unpacks them only where it takes itself for
// AWS Lambda.
process.env.AWS_EXECUTION_ENV = "AWS_Lambda_nodejs24.x";
const { default: chromium } = await import("@sparticuz/chromium");
await chromium.executablePath();
