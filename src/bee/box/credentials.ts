/** As whom something is done. Rights on everything are kept here, so that most checks end at once. */
export interface Credentials {
  /** Id in `_user`. */
  readonly uid: number;
  /** Slot among the users' access tables; in Bee the same user is found by it. */
  readonly authToken: number;
  /** Bits held on the universe, by the user and all roles, as of the login. */
  universalAccess: number;
}
