/** As whom something is done. There is one such object for each user, shared by all its sessions. */
export interface Credentials {
  /** Id in `_user`. */
  readonly uid: number;
  /** Where the user's rights stand in each object's Access. */
  readonly authToken: number;
  /** Bits held on the universe, by the user and all roles: with them most checks end at once. */
  universalAccess: number;
}
