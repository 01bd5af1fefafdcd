// Makes a store usable: founds its replica set of one, and gives its service a user that can touch nothing else.
// Run by mongosh, as often as one likes; a new password in the environment is taken over.
/* global Mongo, db, quit, print, sleep */

const { STORE, STORE_HOST, STORE_ROOT_PASSWORD, STORE_PASSWORD } = process.env;
const DEADLINE = Date.now() + 600_000;
const ADDRESS = `${STORE_HOST}:27017`;
const NOT_YET_INITIALIZED = 94;
const uri =
  `mongodb://root:${encodeURIComponent(STORE_ROOT_PASSWORD)}@${ADDRESS}` +
  "/admin?directConnection=true&serverSelectionTimeoutMS=2000";

function until(what, attempt) {
  for (;;) {
    let reason = "not yet";
    try {
      const result = attempt();
      if (result) return result;
    } catch (error) {
      reason = error.message;
    }
    if (Date.now() > DEADLINE) {
      print(`${ADDRESS}: no ${what} in time: ${reason}`);
      quit(1);
    }
    sleep(500);
  }
}

function founded(admin) {
  try {
    admin.runCommand({ replSetGetStatus: 1 });
    return true;
  } catch (error) {
    if (error.code !== NOT_YET_INITIALIZED) throw error;
    return admin.runCommand({
      replSetInitiate: { _id: "stem", members: [{ _id: 0, host: ADDRESS }] },
    }).ok;
  }
}

const admin = until("connection", () => new Mongo(uri).getDB("admin"));
until("replica set", () => founded(admin));
until("primary", () => admin.hello().isWritablePrimary);

const own = admin.getSiblingDB(STORE);
const user = {
  pwd: STORE_PASSWORD,
  roles: [
    { role: "readWrite", db: STORE },
    { role: "dbAdmin", db: STORE },
  ],
};
if (own.getUser(STORE)) own.updateUser(STORE, user);
else own.createUser({ user: STORE, ...user });
print(`${ADDRESS}: the store ${STORE} is ready`);
