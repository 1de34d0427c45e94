// What all tests stand on: properties tried with the same examples in each run, which thus says the same of the same code, and
// connections that no proxy of the machine's gets. FUZZ=random tries other examples, FUZZ=NUMBER those of a seed that was printed.
import fc from "fast-check";

const { FUZZ = "1" } = process.env;
if (FUZZ !== "random" && !/^-?\d+$/.test(FUZZ)) throw new Error(`FUZZ "${FUZZ}"; expected random or a number`);
if (FUZZ !== "random") fc.configureGlobal({ seed: Number(FUZZ) });

for (const name of ["grpc_proxy", "http_proxy", "https_proxy", "all_proxy", "no_grpc_proxy", "no_proxy"]) {
  delete process.env[name];
  delete process.env[name.toUpperCase()];
}
